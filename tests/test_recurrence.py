"""From a schedule to its next moment: wall-clock time stays wall-clock time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.recurrence import next_moment

A_DAY = datetime(2026, 1, 1, tzinfo=UTC).date()
AMSTERDAM = "Europe/Amsterdam"
EVERY_DAY = range(7)
ZONES = (AMSTERDAM, "America/Kralendijk", "Asia/Kolkata", "Pacific/Auckland", "UTC")

moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  (the zone is given apart)
    max_value=datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
days = st.sets(st.integers(0, 6), min_size=1)
times = st.times(timezones=st.none()).map(lambda at: at.replace(microsecond=0))


def local(moment: datetime, zone: str = AMSTERDAM) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize(
    ("day", "utc_hour_before", "utc_hour_after"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 8, 7), (datetime(2026, 10, 25, tzinfo=UTC), 7, 8)],
    ids=["spring", "autumn"],
)
def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change_s2(
    day: datetime, utc_hour_before: int, utc_hour_after: int
) -> None:
    moment = next_moment(day - timedelta(days=2), EVERY_DAY, time(9), AMSTERDAM)
    hours = []
    for _ in range(4):
        assert local(moment).time() == time(9)
        hours.append(moment.hour)
        moment = next_moment(moment, EVERY_DAY, time(9), AMSTERDAM)
    assert hours == [utc_hour_before, utc_hour_before, utc_hour_after, utc_hour_after]


def test_a_time_that_a_spring_night_skips_falls_an_hour_later_s2() -> None:
    moment = next_moment(datetime(2026, 3, 28, 12, tzinfo=UTC), EVERY_DAY, time(2, 30), AMSTERDAM)
    assert local(moment).isoformat() == "2026-03-29T03:30:00+02:00"
    after = next_moment(moment, EVERY_DAY, time(2, 30), AMSTERDAM)
    assert local(after).isoformat() == "2026-03-30T02:30:00+02:00"


def test_a_time_that_an_autumn_night_has_twice_comes_once_s2() -> None:
    moment = next_moment(datetime(2026, 10, 24, 12, tzinfo=UTC), EVERY_DAY, time(2, 30), AMSTERDAM)
    assert local(moment).isoformat() == "2026-10-25T02:30:00+02:00"
    after = next_moment(moment, EVERY_DAY, time(2, 30), AMSTERDAM)
    assert local(after).isoformat() == "2026-10-26T02:30:00+01:00"


def test_the_moment_itself_is_not_its_own_next() -> None:
    nine = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert next_moment(nine, EVERY_DAY, time(9), AMSTERDAM) == nine + timedelta(days=1)
    just_before = nine - timedelta(microseconds=1)
    assert next_moment(just_before, EVERY_DAY, time(9), AMSTERDAM) == nine


def test_midnight_of_the_residents_own_day_counts() -> None:
    """23:30 UTC on Monday is Tuesday in Amsterdam: Tuesday's nine o'clock is today's."""
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert next_moment(late, [1], time(9), AMSTERDAM) == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("weekdays", [[], [7], [-1]])
def test_a_schedule_without_a_day_is_refused(weekdays: list[int]) -> None:
    with pytest.raises(ValueError, match="weekday"):
        next_moment(datetime(2026, 11, 24, tzinfo=UTC), weekdays, time(9), AMSTERDAM)


@settings(max_examples=300, deadline=None)
@given(after=moments, weekdays=days, at_time=times, zone=st.sampled_from(ZONES))
def test_the_next_moment_is_the_first_later_one_on_a_chosen_day_s2_s3(
    after: datetime, weekdays: set[int], at_time: time, zone: str
) -> None:
    moment = next_moment(after, weekdays, at_time, zone)
    assert moment.tzinfo is UTC
    assert after < moment <= after + timedelta(days=8)
    assert local(moment, zone).weekday() in weekdays
    minutes_off = (
        datetime.combine(A_DAY, local(moment, zone).time()) - datetime.combine(A_DAY, at_time)
    ) % timedelta(days=1)
    assert minutes_off in (timedelta(0), timedelta(hours=1))
    if local(moment, zone).date() == local(moment - timedelta(hours=3), zone).date():
        same_offset = (
            local(moment, zone).utcoffset() == local(moment - timedelta(hours=3), zone).utcoffset()
        )
        assert minutes_off == timedelta(0) or not same_offset
    between = [
        day
        for day in range((moment - after).days + 2)
        if (candidate := _at(after, day, at_time, zone)) > after
        and candidate < moment
        and local(after, zone).date() + timedelta(days=day) < local(moment, zone).date()
        and (local(after, zone).date() + timedelta(days=day)).weekday() in weekdays
    ]
    assert between == []


def _at(after: datetime, days: int, at_time: time, zone: str) -> datetime:
    """An independent reckoning: the wall clock of a day, `days` after the local day of `after`."""
    day = local(after, zone).date() + timedelta(days=days)
    return datetime.combine(day, at_time, ZoneInfo(zone)).astimezone(UTC)


@settings(max_examples=60, deadline=None)
@given(after=moments, at_time=times, zone=st.sampled_from(ZONES))
def test_a_year_of_days_has_each_day_once_s2_s3(after: datetime, at_time: time, zone: str) -> None:
    seen = []
    for _ in range(366):
        after = next_moment(after, EVERY_DAY, at_time, zone)
        seen.append(local(after, zone).date())
    assert seen == [seen[0] + timedelta(days=number) for number in range(366)]
