"""What residents ask for: who is told of it, and what they hear."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import Case, CaseReason, Resident, ResidentStatus
from bot.services.texts import render
from bot.understanding.labels import Level
from tests.actions.conftest import Rasa

PASSED_ON = [
    "ask_activity",
    "ask_practical_help",
    "change_schedule",
    "delete_data",
    "offer_volunteering",
    "complain",
    "report_other",
]


def reasons(sessions: sessionmaker[Session]) -> list[CaseReason]:
    with sessions() as session:
        return [cause.reason for case in session.scalars(select(Case)) for cause in case.causes]


def test_wanting_a_person_opens_a_case_and_promises_no_time(
    rasa: Rasa, sessions: sessionmaker[Session], message_id: int
) -> None:
    """H2: an honest promise."""
    said = rasa.call("action_request_human", "ask_human", message_id=message_id)
    assert said.texts == [render("always.human")]
    assert "kan ik niet beloven" in said.texts[0]
    with sessions() as session:
        [case] = session.scalars(select(Case))
        assert case.level == Level.NONE
        assert [(each.reason, each.message_id) for each in case.causes] == [
            (CaseReason.ASK_HUMAN, message_id)
        ]


@pytest.mark.parametrize("intent", PASSED_ON)
def test_what_only_a_person_can_do_is_passed_on(
    rasa: Rasa, sessions: sessionmaker[Session], intent: str
) -> None:
    said = rasa.call("action_pass_on", intent)
    assert said.responses == [f"utter_pass_on_{intent}"]
    assert reasons(sessions) == [CaseReason(intent)]


def test_danger_that_the_signals_missed_is_told_to_the_worker(rasa: Rasa) -> None:
    said = rasa.call("action_pass_on_crisis", "crisis")
    assert (said.signs, said.texts, said.responses) == (["crisis"], [], [])


@pytest.mark.parametrize("intent", ["share_loneliness", "share_loss"])
def test_a_person_is_offered_once(rasa: Rasa, intent: str) -> None:
    first = rasa.call("action_offer_human", intent)
    assert (first.responses, first.slots["offer"]) == ([f"utter_{intent}"], "human")
    again = rasa.call("action_offer_human", intent, slots=first.slots)
    assert (again.responses, again.slots) == ([f"utter_reflect_{intent}"], {})


@pytest.mark.parametrize(
    ("intent", "key"), [("ask_help", "always.help"), ("ask_privacy", "always.privacy")]
)
def test_an_explanation_is_the_text_of_the_command(rasa: Rasa, intent: str, key: str) -> None:
    assert rasa.call("action_explain", intent).texts == [render(key)]


def test_a_pause_is_asked_for_with_buttons_that_the_gateway_takes(rasa: Rasa) -> None:
    said = rasa.call("action_pause", "pause")
    assert said.payloads == ["pause:1", "pause:2", "pause:4"]


def test_stopping_is_asked_once_and_then_done(
    rasa: Rasa, resident: Resident, sessions: sessionmaker[Session]
) -> None:
    asked = rasa.call("action_opt_out", "opt_out")
    assert (asked.responses, asked.slots) == (["utter_opt_out_confirm"], {"offer": "opt_out"})
    assert status_of(sessions, resident) == ResidentStatus.ACTIVE
    done = rasa.call("action_opt_out", "opt_out", entities={"confirmed": "yes"})
    assert done.texts == [render("always.stopped")]
    assert status_of(sessions, resident) == ResidentStatus.STOPPED


def test_a_typed_yes_stops_too(
    rasa: Rasa, resident: Resident, sessions: sessionmaker[Session]
) -> None:
    rasa.call("action_opt_out", "affirm", "ja", slots={"offer": "opt_out"})
    assert status_of(sessions, resident) == ResidentStatus.STOPPED


def status_of(sessions: sessionmaker[Session], resident: Resident) -> ResidentStatus:
    with sessions() as session:
        return session.get_one(Resident, resident.id).status


def test_the_likeliest_two_are_suggested(rasa: Rasa) -> None:
    """N4: suggest, in words that a resident would use."""
    ranking = ["nlu_fallback", "greet", "ask_human", "pause", "opt_out"]
    said = rasa.call("action_default_ask_affirmation", "nlu_fallback", ranking=ranking)
    assert said.payloads == ["/ask_human", "/pause", "/out_of_scope"]


def test_a_guess_of_danger_is_passed_on_and_not_asked_about(rasa: Rasa) -> None:
    ranking = ["nlu_fallback", "crisis", "ask_human"]
    said = rasa.call("action_default_ask_affirmation", "nlu_fallback", ranking=ranking)
    assert (said.signs, said.payloads) == (["crisis"], [])


def test_in_the_end_a_person_is_offered(rasa: Rasa) -> None:
    """N4: then human."""
    said = rasa.call("action_default_fallback", "nlu_fallback")
    assert (said.responses, said.slots["offer"]) == (["utter_give_up"], "human")
