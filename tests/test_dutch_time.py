"""When check-ins should come, as many different people would say it (`dutch_time_cases.toml`)."""

import tomllib
from datetime import datetime, time
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dutch_time import FIRST, LAST, Unclear, When, when

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 24, 10, tzinfo=ZONE)
GROUPS: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("dutch_time_cases.toml").read_text(encoding="utf-8")
)
TIMED = [case for name, group in GROUPS.items() if name != "nothing" for case in group]
FRAGMENTS = """om half tien kwart voor over na acht 8u30 31 februari 's avonds ochtends maandag zo
za tot en met 3 mei niet maar elke dag week weken twee keer per de 15e vanaf morgen vandaag liever
ik want later een uur 25 14.30 1-12-2026 volgende kerst van eind laatste , . ? 😢 \x00 ² € 00:00
graag weer weg paar anderhalf 29 februari 9999 0 totenmet om"""
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(FRAGMENTS.split()), max_size=25).map(" ".join),
)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  (the zone is given apart)
    max_value=datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(ZONE),
)
TIMES = st.none() | st.times(min_value=FIRST, max_value=LAST)


def clock(told: str | None) -> time | None:
    return time.fromisoformat(told) if told else None


def expected(case: dict[str, Any]) -> When:
    return When(
        at=clock(case.get("at")),
        weekdays=frozenset(case.get("weekdays", ())),
        without=frozenset(case.get("without", ())),
        every=case.get("every", 1),
        nth=case.get("nth"),
        first=case.get("first"),
        until=case.get("until"),
        on=case.get("on"),
        unclear=Unclear(case["unclear"]) if "unclear" in case else None,
    )


def found(case: dict[str, Any]) -> When | None:
    now = case["now"].replace(tzinfo=ZONE) if "now" in case else NOW
    return when(case["says"], now, clock(case.get("usual")))


def words(case: dict[str, Any]) -> str:
    return f"{case['says'][:50]}|{case.get('usual', '')}|{case.get('now', '')}"


def test_s4_the_set_is_broad_enough() -> None:
    assert sum(map(len, GROUPS.values())) >= 220
    assert len(GROUPS["nothing"]) >= 40
    assert len([case for case in TIMED if "unclear" in case]) >= 35
    assert {case["unclear"] for case in TIMED if "unclear" in case} == set(Unclear)


@pytest.mark.parametrize("case", TIMED, ids=words)
def test_s4_time_phrases(case: dict[str, Any]) -> None:
    assert found(case) == expected(case)


@pytest.mark.parametrize("case", GROUPS["nothing"], ids=words)
def test_s4_what_is_no_time_says_nothing(case: dict[str, Any]) -> None:
    assert found(case) is None


@settings(max_examples=500, deadline=None)
@given(text=TEXTS, now=MOMENTS, usual=TIMES)
def test_s4_any_text_gives_possible_times_or_a_question(
    text: str, now: datetime, usual: time | None
) -> None:
    said = when(text, now, usual)
    assert said == when(text, now, usual)
    if said is None:
        return
    assert said != When()
    assert said.at is None or FIRST <= said.at <= LAST
    assert said.weekdays | said.without <= set(range(7))
    assert not said.weekdays & said.without
    assert said.every >= 1
    assert said.nth in (None, -1, 1, 2, 3, 4)
    assert all(day is None or day >= now.date() for day in (said.first, said.until, said.on))
    assert not (said.first and said.until) or said.first < said.until


def test_s4_an_answer_can_be_read_together_with_what_was_said_before() -> None:
    assert when("liever 's avonds. om acht uur", NOW) == When(at=time(20))


@pytest.mark.parametrize("part", ["om half tien ", "1", "maandag niet ", "twee ", "x", "🌷 ", ", "])
def test_s4_a_long_message_is_read_fast(part: str) -> None:
    begin = perf_counter()
    when((part * 4096)[:4096], NOW)
    assert perf_counter() - begin < 1
