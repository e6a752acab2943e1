"""The stock project, and the texts that both sides are given."""

from pathlib import Path

import pytest

from bench import starter, stock
from bench.load import STEP, TEXTS
from bot.understanding import read
from bot.understanding.labels import Level

ROOT = Path(__file__).parents[2]

MESSAGES = """{"text": "hoi", "intent": "greet"}
{"text": "dag", "intent": "goodbye"}
{"text": "is er iets te doen", "intent": "ask_activity"}"""
RESPONSES = """
responses:
  utter_greet:
  - text: "Dag. \\"Zeg\\" het maar."
  - text: "Hoi."
  utter_pass_on_ask_activity:
  - text: "Ik geef het door."
"""


def test_every_intent_gets_one_response_of_ours_where_there_is_one() -> None:
    names, texts = starter.intents(MESSAGES), starter.responses(RESPONSES)
    assert names == ["greet", "goodbye", "ask_activity"]
    domain = starter.domain(names, texts)
    assert 'utter_ask_activity: [{text: "Ik geef het door."}]' in domain
    assert f'utter_goodbye: [{{text: "{starter.NO_TEXT}"}}]' in domain
    assert domain.count("utter_") == 3


def test_an_intent_is_ruled_or_told_and_never_both() -> None:
    names = starter.intents(MESSAGES)
    ruled, told = starter.rules(names), starter.stories(names)
    assert "intent: goodbye" in ruled
    assert "intent: goodbye" not in told
    assert told.count("action: utter_ask_activity") == 2


def test_the_projects_own_files_are_understood() -> None:
    names = starter.intents((ROOT / stock.EXAMPLES).read_text(encoding="utf-8"))
    assert len(set(names)) == 30
    responses = (ROOT / "data" / "responses").glob("*.yml")
    texts = starter.responses("\n".join(file.read_text(encoding="utf-8") for file in responses))
    assert {"greet", "goodbye", "mood_good"} <= texts.keys()


def test_two_residents_never_go_through_the_texts_in_step() -> None:
    assert len(TEXTS) == len(set(TEXTS)) == 40
    assert len({place * STEP % len(TEXTS) for place in range(len(TEXTS))}) == len(TEXTS)


@pytest.mark.parametrize("text", TEXTS)
def test_the_texts_are_everyday_ones(text: str) -> None:
    """Danger takes another way, without Rasa, and would make ours look fast."""
    reading = read(text)
    assert reading.level not in (Level.URGENT, Level.CRISIS)
    assert not reading.ask
