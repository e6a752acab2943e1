"""Buttons: a short token for any payload, counted once, then frozen; typed words do as well."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.dialogue import Choice
from bot.models import Button, Case, Message, MessageKind, Purpose
from bot.services import messages
from bot.telegram import webhook
from bot.understanding.labels import Level
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.telling import Teller
from tests.waiting import until

from .updates import chat, user

LONG = "/share_answer" + '{"about": "' + "x" * 200 + '"}'
CHOICES = (Choice("Ja hoor", LONG), Choice("Nee", "/deny"), Choice("👍", "/affirm"))


def ask(sessions: sessionmaker[Session], person: int) -> Message:
    with sessions.begin() as session:
        return messages.queue_message(
            session,
            messages.chat_of(session, person, clock.now()),
            "Kunt u iets vertellen?",
            Purpose.REPLY,
            clock.now(),
            choices=CHOICES,
        )


@pytest.fixture
def riet(sandbox: SandboxClient, people: People) -> int:
    person = sandbox.add_person("Riet")
    people.resident(person)
    return person


@pytest.mark.usefixtures("praatje")
def test_a_long_payload_comes_through_and_the_keyboard_goes_t13(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], rasa: FakeRasa
) -> None:
    ask(sessions, riet)
    question = sandbox.wait_for_message(riet, contains="iets vertellen")
    assert question.buttons == ("Ja hoor", "Nee", "👍")
    keyboard = question.raw["buttons"]
    assert all(len(button["callback_data"].encode()) <= 64 for button in keyboard)
    sandbox.press(riet, "Ja hoor")
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    assert [each["message"] for each in rasa.asked] == [LONG]
    sandbox.wait_for_calls(1, method="answerCallbackQuery")
    sandbox.wait_for_calls(1, method="editMessageReplyMarkup")
    until(lambda: sandbox.messages(riet, contains="iets vertellen")[0].buttons == ())


@pytest.mark.usefixtures("praatje")
def test_one_big_button_per_row_t13(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session]
) -> None:
    ask(sessions, riet)
    call = sandbox.wait_for_calls(1, method="sendMessage", chat_id=riet)[0]
    rows = call["answer"]["result"]["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in rows] == [1, 1, 1]


@pytest.mark.usefixtures("praatje")
def test_a_double_tap_counts_once_t13(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], rasa: FakeRasa
) -> None:
    ask(sessions, riet)
    sandbox.wait_for_message(riet, contains="iets vertellen")
    sandbox.hold()
    sandbox.press(riet, "Ja hoor")
    sandbox.press(riet, "Ja hoor", stale=True)
    sandbox.press(riet, "Nee", stale=True)
    sandbox.release()
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    sandbox.wait_for_calls(3, method="answerCallbackQuery")
    sandbox.send_text(riet, "koffie")
    until(lambda: len(rasa.asked) == 2)
    assert [each["message"] for each in rasa.asked] == [LONG, "koffie"]


def test_taps_on_different_buttons_at_once_count_once_t13(
    telegram: httpx.Client, riet: int, sandbox: SandboxClient, sessions: sessionmaker[Session]
) -> None:
    for round_ in range(8):
        question = ask(sessions, riet)
        updates = [
            {
                "update_id": 1000 * round_ + number,
                "callback_query": {
                    "id": str(number),
                    "from": user(riet),
                    "chat_instance": "1",
                    "data": question.buttons[number % 2].token,
                    "message": {"message_id": 7, "date": 0, "chat": chat(riet)},
                },
            }
            for number in range(4)
        ]
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(
                lambda each: telegram.post(webhook.PATH, json=each).status_code, updates
            )
            assert list(answers) == [200] * 4
        with sessions() as session:
            pressed = select(Message).where(
                Message.kind == MessageKind.BUTTON, Message.payload.is_not(None)
            )
            assert len(session.scalars(pressed).all()) == round_ + 1


@pytest.mark.usefixtures("praatje")
@pytest.mark.parametrize("typed", ["Ja hoor", "ja hoor!", "JA HOOR"])
def test_the_words_of_a_button_typed_do_as_well_t13(
    sandbox: SandboxClient,
    riet: int,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
    typed: str,
) -> None:
    ask(sessions, riet)
    sandbox.wait_for_message(riet, contains="iets vertellen")
    sandbox.send_text(riet, typed)
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    assert [each["message"] for each in rasa.asked] == [LONG]


@pytest.mark.parametrize("typed", ["🙂", "...", "ja hoor prima"])
def test_other_words_press_nothing_t13(
    people: People, sessions: sessionmaker[Session], typed: str
) -> None:
    people.resident(11)
    ask(sessions, 11)
    riet = Teller(sessions, 11, clock.now())
    riet.says(typed)
    assert riet.inbox()[-1].payload is None
    with sessions() as session:
        assert session.scalars(select(Button.used_at)).all() == [None] * 3


def test_somebody_elses_button_does_nothing_t13(
    people: People, sessions: sessionmaker[Session]
) -> None:
    people.resident(11)
    people.resident(12, "Piet Smit")
    question = ask(sessions, 11)
    piet = Teller(sessions, 12, clock.now())
    token = question.buttons[0].token
    assert piet.says(kind=MessageKind.BUTTON, button_token=token) == []
    assert piet.inbox()[-1].payload is None
    with sessions() as session:
        assert session.scalars(select(Button.used_at)).all() == [None] * 3


def test_a_button_of_the_dialogue_does_nothing_for_who_stopped_t14(
    people: People, sessions: sessionmaker[Session]
) -> None:
    people.resident(11)
    ask(sessions, 11)
    riet = Teller(sessions, 11, clock.now())
    riet.says("/stop")
    assert "U bent gestopt" in riet.presses("Nee")[0]


@pytest.mark.usefixtures("praatje")
def test_a_query_that_is_too_old_to_answer_still_loses_its_keyboard_t13(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session]
) -> None:
    ask(sessions, riet)
    sandbox.wait_for_message(riet, contains="iets vertellen")
    sandbox.set_fault(
        "bad_request",
        method="answerCallbackQuery",
        description="Bad Request: query is too old and response timeout expired",
    )
    sandbox.press(riet, "Ja hoor")
    sandbox.wait_for_calls(1, method="editMessageReplyMarkup", timeout=5)


@pytest.mark.usefixtures("praatje")
@pytest.mark.parametrize(("answer", "said"), [("Nee", "toch een mens"), ("Ja", "113")])
def test_the_direct_question_is_asked_and_a_no_closes_nothing_r3(
    sandbox: SandboxClient,
    riet: int,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
    answer: str,
    said: str,
) -> None:
    sandbox.send_text(riet, "ik zie het niet meer zitten")
    question = sandbox.wait_for_message(riet, contains="zelfmoord")
    assert "112" in question.text
    with sessions() as session:
        assert session.scalars(select(Case)).one().level == Level.URGENT
    sandbox.press(riet, answer)
    sandbox.wait_for_message(riet, after=question.message_id, contains=said)
    assert not rasa.asked
    with sessions() as session:
        case = session.scalars(select(Case)).one()
        assert case.closed_at is None
        assert case.level == (Level.CRISIS if answer == "Ja" else Level.URGENT)
