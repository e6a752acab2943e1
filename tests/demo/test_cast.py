"""The made-up people: a dozen, all different, and nobody's telephone number."""

import re
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo import cast, timeline
from bot.services import texts

NOWS = [
    datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    datetime(2026, 11, 29, 23, 59, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 59, tzinfo=UTC),  # the night in which the clocks go forward
    datetime(2027, 4, 20, 2, 15, tzinfo=UTC),
    datetime(2027, 10, 31, 1, 30, tzinfo=UTC),  # the hour that comes twice
    datetime(2028, 2, 29, 18, 5, tzinfo=UTC),
]


def _answers(players: cast.Cast) -> list[str]:
    return [
        said.text
        for player in players.residents
        for asked in player.check_ins
        if not isinstance(asked, str)
        for said in asked
    ]


def test_there_are_a_dozen_residents_and_four_helpers(players: cast.Cast) -> None:
    assert len(players.residents) == 12
    assert Counter(aide.kind.value for aide in players.helpers if aide.linked) == {
        "volunteer": 2,
        "professional": 1,
    }
    assert sum(not aide.linked for aide in players.helpers) == 1
    assert len(players.password) >= 12
    everybody = [*players.residents, *players.helpers]
    ids = {person.telegram_id for person in everybody} | {players.coordinator_telegram_id}
    assert len(ids) == len(everybody) + 1


def test_nobody_says_the_same_twice(players: cast.Cast) -> None:
    said = Counter(text.casefold() for text in _answers(players) if len(text) > 25)
    assert len(said) > 100
    assert said.most_common(1)[0][1] == 1


def test_no_number_in_the_cast_is_a_helpline_or_could_be_somebodys() -> None:
    numbers = [line["number"] for line in texts.load("helplines").values()]
    for file in cast.FOLDER.glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        assert not [number for number in numbers if re.search(rf"\b{number}\b", text)]
        read = tomllib.loads(text)
        for phone in [read.get("phone"), *(aide["phone"] for aide in read.get("helpers", ()))]:
            assert phone is None or phone.startswith("06 0000 ")


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_every_history_is_past_in_order_and_weeks_long(players: cast.Cast, now: datetime) -> None:
    for player in players.residents:
        moments = timeline.check_in_moments(player, now)
        assert len(moments) == len(player.check_ins)
        assert moments == sorted(set(moments))
        enrolled = timeline.enrolment_moment(player, moments, now)
        assert enrolled < now
        if not moments:
            continue
        assert enrolled < moments[0] < moments[-1] < now
        days = (now - moments[0]).days
        assert 18 <= days <= 8 * 7 + 6, f"{player.name}: {days} days"
        first = timeline.next_moment(enrolled, player.weekdays, player.at, timeline.ZONE)
        assert first == moments[0], f"{player.name} would be asked once more at {first}"
        for each in player.moments:
            assert enrolled < timeline.moment_of(each.when, moments, now) < now


def test_a_moment_that_is_not_past_is_refused(players: cast.Cast) -> None:
    moments = [NOWS[0] - timedelta(hours=7)]
    with pytest.raises(ValueError, match="not past"):
        timeline.moment_of({"check_in": 1, "minutes": 500}, moments, NOWS[0])
