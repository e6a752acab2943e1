"""The corpus of made-up messages holds to its definitions, and repeats nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.understanding.labels import Level, Signal
from tools import corpus
from tools.corpus import Labelled

ROOT = Path(__file__).parents[1]
FEW = Labelled("x-1", "Ik heb vandaag niemand gesproken.", "share_loneliness",
               frozenset({Signal.SOCIAL}), Level.CONCERN, "78, man")  # fmt: skip


@pytest.fixture(scope="module")
def messages() -> list[Labelled]:
    return corpus.read()


def test_every_label_follows_from_the_definitions(messages: list[Labelled]) -> None:
    assert list(corpus.faults(messages)) == []


def test_intents_are_those_of_the_domain(messages: list[Labelled]) -> None:
    known = YAML(typ="safe").load(ROOT / "domain.yml")["intents"]
    assert {message.intent for message in messages} <= set(known)


def test_no_two_messages_are_nearly_the_same_in_any_split_or_in_dev(
    messages: list[Labelled],
) -> None:
    """Where the evaluation file is absent, only the corpus itself is looked through."""
    assert list(corpus.repeats(messages)) == []


def test_agreement_is_the_share_that_two_labellers_gave_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"intent": "deny", "signals": [], "level": "none"}
    line = {"id": "x-1", "first": one, "second": one | {"signals": ["contact"]}}
    monkeypatch.setattr(corpus, "DISAGREEMENTS", tmp_path / "disagreements.jsonl")
    corpus.DISAGREEMENTS.write_text(json.dumps(line) + "\n", encoding="utf-8")
    told = corpus.agreement([FEW, replace(FEW, id="x-2")])
    assert told == "intent 1.000, signals 0.500, level 1.000, all three 0.500"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"intent": "crisis", "level": Level.CONCERN}, "goes with a danger"),
        ({"signals": frozenset({Signal.ABUSE}), "level": Level.CRISIS}, "goes with a danger"),
        ({"intent": "report_other", "level": Level.CRISIS}, "has no signals"),
        ({"level": Level.NONE}, "does not follow"),
        ({"intent": "ask_human", "level": Level.CRISIS}, "does not follow"),
    ],
)
def test_a_label_against_the_definitions_is_found(change: dict[str, object], told: str) -> None:
    wrong = replace(FEW, **change)  # type: ignore[arg-type]
    assert any(told in fault for fault in corpus.faults([wrong]))


def test_right_labels_are_no_fault() -> None:
    urgent = replace(FEW, id="x-2", intent="ask_human", level=Level.URGENT)
    other = replace(FEW, id="x-3", intent="report_other", signals=frozenset(), level=Level.CRISIS)
    assert list(corpus.faults([FEW, urgent, other])) == []
    assert "2 messages have this id" in next(corpus.faults([FEW, FEW]))


def test_near_duplicates_are_found_by_what_they_share() -> None:
    texts = [
        "Ik heb vandaag niemand gesproken.",
        "Zullen we morgen eens gaan wandelen?",
        "ik heb vandaag niemand gesproken",
        "Ik heb vandaag de buurman gesproken.",
    ]
    assert list(corpus.near_duplicates(texts)) == [(0, 2)]
