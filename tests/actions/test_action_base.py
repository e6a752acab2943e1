"""A failing action says one thing to the worker, changes nothing, and leaks no word."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from actions import requests
from bot.models import Case, Resident
from tests.actions.conftest import Rasa

ROOT = Path(__file__).parents[2]
SECRET = "kanariepiet"


@pytest.mark.parametrize("sender", ["00000000-0000-0000-0000-000000000000", "geen uuid"])
def test_a_failing_action_leaks_nothing(
    rasa: Rasa, caplog: pytest.LogCaptureFixture, sender: str
) -> None:
    """N9, O8: the worker is told, the log names the action, and the words stay where they are."""
    rasa.sender = sender
    said = rasa.call("action_request_human", "ask_human", SECRET, slots={"how_are_you": SECRET})
    assert said.signs == ["action_failed"]
    assert (said.texts, said.responses, said.events) == ([], [], [])
    assert "action_request_human failed" in caplog.text
    assert SECRET not in caplog.text


def test_what_a_failing_action_did_and_said_is_taken_back(
    rasa: Rasa,
    resident: Resident,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise KeyError(resident.id)

    monkeypatch.setattr(requests, "render", fail)
    with caplog.at_level(logging.CRITICAL):
        assert rasa.call("action_request_human", "ask_human").signs == ["action_failed"]
    with sessions() as session:
        assert session.scalars(select(Case)).all() == []


def domain() -> dict[str, list[str]]:
    return dict(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8")))


def test_every_action_of_the_domain_is_registered_and_no_other() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert set(executor.actions) == set(domain()["actions"])


def test_the_intents_are_those_that_may_be_passed_on() -> None:
    assert set(requests.__dict__["CaseReason"]) - set(domain()["intents"]) == {
        "signals",
        "unanswered",
        "blocked",
        "silence",
        "media",
    }


def responses() -> Iterator[tuple[str, list[dict[str, object]]]]:
    for file in sorted((ROOT / "data" / "responses").glob("*.yml")):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["responses"].items()


@pytest.mark.parametrize(("name", "variations"), list(responses()))
def test_a_response_speaks_to_u_and_to_je(name: str, variations: list[dict[str, object]]) -> None:
    """The variation without a condition is for "u"; where it says "u", there is one for "je"."""
    polite = [each for each in variations if "condition" not in each]
    familiar = [each for each in variations if "condition" in each]
    assert polite, name
    words = " ".join(str(each["text"]) for each in polite).lower().replace(".", " ").split()
    if {"u", "uw"} & {word.strip(",?!") for word in words}:
        assert len(familiar) == len(polite)
    for each in familiar:
        spoken = {word.strip(".,?!").lower() for word in str(each["text"]).split()}
        assert not {"u", "uw"} & spoken
