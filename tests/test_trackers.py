"""What is read from Rasa's own tables, whatever stands in them."""

import uuid

import pytest

from bot.dialogue import Choice, Reply, Understood
from bot.settings import Settings
from bot.trackers import Trackers, tracker_url
from tests.fake_rasa import FakeRasa, Json

ANNE, BART = uuid.UUID(int=1), uuid.UUID(int=2)


def heard(message_id: int, parsed: object) -> Json:
    return {"event": "user", "metadata": {"message_id": message_id}, "parse_data": parsed}


def said(text: str) -> Json:
    return {"event": "bot", "text": text, "data": {"buttons": [{"title": "Ja", "payload": "/y"}]}}


@pytest.fixture
def trackers(settings: Settings) -> Trackers:
    return Trackers(settings)


def test_the_intent_and_the_answers_of_one_message_are_found(
    rasa: FakeRasa, trackers: Trackers
) -> None:
    intent = {"intent": {"name": "greet", "confidence": 0.75}}
    rasa.keep(str(ANNE), [heard(6, intent), said("eerder"), heard(7, intent), said("nu")])
    rasa.keep(str(BART), [heard(8, intent), said("aan een ander")])
    assert trackers.understood(ANNE, 7) == Understood("greet", 0.75)
    assert trackers.answered(ANNE, 7) == [Reply("nu", (Choice("Ja", "/y"),))]


def test_a_message_that_rasa_never_saw_has_neither(rasa: FakeRasa, trackers: Trackers) -> None:
    rasa.keep(str(ANNE), [{"event": "user", "metadata": None}])
    assert trackers.understood(ANNE, 7) is None
    assert trackers.answered(ANNE, 7) is None
    assert trackers.understood(BART, 7) is None


@pytest.mark.parametrize("parsed", [None, [], {}, {"intent": None}, {"intent": {"name": "x"}}, 1])
def test_what_cannot_be_read_is_no_intent(
    rasa: FakeRasa, trackers: Trackers, parsed: object
) -> None:
    rasa.keep(str(ANNE), [heard(7, parsed)])
    assert trackers.understood(ANNE, 7) is None


def test_rasa_has_a_database_of_its_own_on_the_same_server() -> None:
    assert tracker_url("postgresql://a:b@db/praatje") == "postgresql+psycopg2://a:b@db/praatje_rasa"
