"""From a schedule to its next moment: wall-clock time in the resident's zone, in and out as UTC."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_moment(
    after: datetime, weekdays: Collection[int], at_time: time, time_zone: str
) -> datetime:
    """The first moment later than `after` at `at_time` on one of `weekdays` (0 is Monday).

    Nine o'clock stays nine o'clock when the clocks change. A time that a spring night skips falls
    an hour later by the clock; one that an autumn night has twice is taken the first time.
    """
    if not weekdays:
        raise ValueError("a schedule needs at least one weekday")
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    for _ in range(9):
        moment = datetime.combine(day, at_time, zone).astimezone(UTC)
        if day.weekday() in weekdays and moment > after:
            return moment
        day += timedelta(days=1)
    raise ValueError(f"no weekday among {sorted(weekdays)}")
