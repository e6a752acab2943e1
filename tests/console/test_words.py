"""No word of the database reaches a page untranslated, and times are said as people say them."""

import ast
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest

import bot
from bot.console import moments, words
from bot.models import (
    AddressForm,
    CaseReason,
    CaseState,
    CheckInState,
    HandoverState,
    HelperKind,
    MessageKind,
    Outcome,
    ResidentStatus,
    SendState,
    Verdict,
)
from bot.understanding.labels import Level, Signal

TABLES: list[tuple[dict[object, str], type[StrEnum]]] = [
    (words.LEVEL, Level),
    (words.LEVEL_HINT, Level),
    (words.REASON, CaseReason),
    (words.CASE_STATE, CaseState),
    (words.HANDOVER_STATE, HandoverState),
    (words.OUTCOME, Outcome),
    (words.VERDICT, Verdict),
    (words.VERDICT_HINT, Verdict),
    (words.SIGNAL, Signal),
    (words.CHECK_IN_STATE, CheckInState),
    (words.SEND_STATE, SendState),
    (words.KIND, MessageKind),
    (words.RESIDENT_STATUS, ResidentStatus),
    (words.HELPER_KIND, HelperKind),
    (words.ADDRESS_FORM, AddressForm),
]


@pytest.mark.parametrize(("table", "kind"), TABLES, ids=lambda each: getattr(each, "__name__", ""))
def test_c10_every_value_has_a_dutch_word(table: dict[object, str], kind: type[StrEnum]) -> None:
    assert set(table) == set(kind)
    assert all(word.strip() for word in table.values())


def recorded_actions() -> set[str]:
    """The actions that the code writes into the audit trail, as they stand in it."""
    named: set[str] = set()
    for path in Path(bot.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = [
            node.args[2]
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"
        ]
        variables = {each.id for each in told if isinstance(each, ast.Name)}
        told += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in variables
        ]
        named |= {
            part.value
            for each in told
            for part in ast.walk(each)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        }
    return {each for each in named if re.fullmatch(r"[a-z_]+\.[a-z_]+", each)}


def test_c10_every_recorded_action_has_dutch_words() -> None:
    found = recorded_actions()
    assert {"case.opened", "case.raised", "case.closed", "conversation.read"} <= found
    assert found <= set(words.ACTION)
    assert {f"check_in.{state}" for state in CheckInState} <= set(words.ACTION)
    assert {f"handover.{state}" for state in HandoverState} <= set(words.ACTION)


def test_c10_templates_are_dutch() -> None:
    """No English word for a thing of the console stands in a template's text."""
    english = r"\b(the|you|your|and|case|resident|helper_id|level|closed|open_case|error|submit)\b"
    for path in (Path(words.__file__).parent / "templates").glob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", " ", path.read_text(), flags=re.S)
        assert not re.findall(english, text), path.name


NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AMSTERDAM = "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "zojuist"),
        (1, "1 minuut geleden"),
        (12, "12 minuten geleden"),
        (60, "1 uur geleden"),
        (47 * 60, "47 uur geleden"),
        (48 * 60, "2 dagen geleden"),
    ],
)
def test_ages_are_said_in_the_largest_unit(minutes: int, said: str) -> None:
    assert moments.ago(NOW - timedelta(minutes=minutes), NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (30, "nog minder dan een minuut"),
        (720, "nog 12 minuten"),
        (-30, "net te laat"),
        (-7200, "2 uur te laat"),
    ],
)
def test_deadlines_say_what_is_left_or_how_late(seconds: int, said: str) -> None:
    assert moments.until(NOW + timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 24, 9, 5, tzinfo=UTC), "vandaag 10:05"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "vandaag 00:30"),
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), "gisteren 23:30"),
        (datetime(2026, 11, 25, 9, 0, tzinfo=UTC), "morgen 10:00"),
        (datetime(2026, 5, 3, 12, 0, tzinfo=UTC), "zo 3 mei 14:00"),
        (datetime(2025, 12, 31, 12, 0, tzinfo=UTC), "wo 31 december 2025 13:00"),
    ],
)
def test_moments_are_on_the_clock_of_the_municipality(moment: datetime, said: str) -> None:
    assert moments.moment(moment, NOW, AMSTERDAM) == said
