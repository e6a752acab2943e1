"""A check-in as the actions hold it: opened, each answer kept and reflected on, closed."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import AddressForm, Answer, Case, CaseReason, CheckIn, CheckInState, Resident
from tests.actions.conftest import Rasa

FILLED = {"how_are_you": "mood_good", "on_your_mind": "share_contact", "looking_ahead": "deny"}


@pytest.fixture
def check_in_id(resident: Resident, sessions: sessionmaker[Session], now: datetime) -> int:
    with sessions.begin() as session:
        check_in = CheckIn(resident_id=resident.id, due_at=now, state=CheckInState.ANSWERED)
        session.add(check_in)
        session.flush()
        return check_in.id


def state_of(sessions: sessionmaker[Session], check_in_id: int) -> CheckInState:
    with sessions() as session:
        return session.get_one(CheckIn, check_in_id).state


def test_a_check_in_begins_in_a_session_of_its_own(
    rasa: Rasa, resident: Resident, sessions: sessionmaker[Session], check_in_id: int
) -> None:
    """N10: what Rasa loads for a turn does not grow with the years."""
    with sessions.begin() as session:
        session.get_one(Resident, resident.id).address_form = AddressForm.JE
    said = rasa.call("action_open_check_in", "EXTERNAL_check_in")
    assert said.events[0] == "session_started"
    assert said.events[-1] == "followup"
    assert said.slots == {"address_form": "je", "check_in_id": check_in_id}
    assert said.responses == ["utter_check_in_greeting"]


def test_a_new_session_carries_nothing_over_but_the_form_of_address(rasa: Rasa) -> None:
    said = rasa.call("action_session_start", slots={"offer": "human"})
    assert said.events == ["session_started", "slot", "action"]
    assert said.slots == {"address_form": "u"}


@pytest.mark.parametrize(
    ("intent", "response"),
    [
        ("mood_bad", "utter_reflect_mood_bad"),
        ("share_loneliness", "utter_reflect_share_loneliness"),
        ("nlu_fallback", "utter_reflect_other"),
        ("affirm", "utter_reflect_other"),
    ],
)
def test_an_answer_is_kept_and_reflected_on(
    rasa: Rasa,
    sessions: sessionmaker[Session],
    check_in_id: int,
    message_id: int,
    intent: str,
    response: str,
) -> None:
    said = [
        rasa.call(
            "validate_check_in_form",
            intent,
            "het gaat wel",
            message_id=message_id,
            slots={"check_in_id": check_in_id},
            answer_to="how_are_you",
        )
        for _ in range(2)
    ]
    assert [each.responses for each in said] == [[response], [response]]
    assert said[0].slots == {"how_are_you": intent}
    with sessions() as session:
        [answer] = session.scalars(select(Answer))
        assert (answer.question, answer.message_id) == ("how_are_you", message_id)


def test_coming_back_to_the_form_after_an_interruption_judges_nothing(rasa: Rasa) -> None:
    said = rasa.call(
        "validate_check_in_form",
        "ask_identity",
        "wie bent u",
        slots={"requested_slot": "how_are_you"},
    )
    assert (said.responses, said.events) == ([], [])


@pytest.mark.parametrize("text", ["...", "?", "?!"])
def test_three_answers_that_say_nothing_are_explained_once_then_a_person_is_offered(
    rasa: Rasa, sessions: sessionmaker[Session], message_id: int, text: str
) -> None:
    """N3: explain once, ask again, then stop asking and offer a person."""
    heard = []
    for misses in range(3):
        said = rasa.call(
            "validate_check_in_form",
            "nlu_fallback",
            text,
            message_id=message_id,
            slots={"check_in_misses": misses},
            answer_to="on_your_mind",
        )
        assert said.slots["on_your_mind"] is None
        heard += said.responses
    assert heard == ["utter_check_in_explain", "utter_check_in_again"]
    assert said.slots == {"on_your_mind": None, "check_in_misses": 3, "requested_slot": None}
    assert rasa.call("action_close_check_in", slots=said.slots).responses == [
        "utter_check_in_stuck"
    ]
    with sessions() as session:
        assert [cause.reason for cause in session.scalars(select(Case)).one().causes] == [
            CaseReason.UNANSWERED
        ]


@pytest.mark.parametrize("text", ["7", "👍", "ja", "ça va"])
def test_little_is_an_answer_too(rasa: Rasa, text: str) -> None:
    said = rasa.call("validate_check_in_form", "nlu_fallback", text, answer_to="how_are_you")
    assert said.slots == {"how_are_you": "nlu_fallback"}


def test_a_check_in_is_completed_and_closed_kindly(
    rasa: Rasa, sessions: sessionmaker[Session], check_in_id: int
) -> None:
    said = rasa.call("action_close_check_in", "deny", slots=FILLED | {"check_in_id": check_in_id})
    assert said.responses == ["utter_close_check_in"]
    assert state_of(sessions, check_in_id) == CheckInState.COMPLETED


@pytest.mark.parametrize("heavy", ["mood_bad", "share_loneliness", "share_loss"])
def test_after_something_heavy_a_person_is_offered(rasa: Rasa, heavy: str) -> None:
    said = rasa.call("action_close_check_in", "deny", slots=FILLED | {"on_your_mind": heavy})
    assert said.responses == ["utter_close_check_in_offer"]
    assert said.slots["offer"] == "human"


@pytest.mark.parametrize(
    ("intent", "responses"), [("goodbye", ["utter_close_check_in_early"]), ("ask_human", [])]
)
def test_leaving_half_way_completes_the_check_in(
    rasa: Rasa,
    sessions: sessionmaker[Session],
    check_in_id: int,
    intent: str,
    responses: list[str],
) -> None:
    said = rasa.call("action_leave_check_in", intent, slots={"check_in_id": check_in_id})
    assert said.responses == responses
    assert "active_loop" in said.events
    assert state_of(sessions, check_in_id) == CheckInState.COMPLETED
