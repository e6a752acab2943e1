"""Messages going out: nothing lost, nothing twice, in order, at Telegram's pace."""

from collections import Counter
from itertools import pairwise

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker
from telegram.request import HTTPXRequest

from bot import clock
from bot.models import Message, Purpose, SendState
from bot.services import check_ins, messages
from bot.settings import Settings, get_settings
from bot.telegram import gateway
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.processes import role
from tests.running import Running, poller, worker
from tests.waiting import until


def queue_one(
    sessions: sessionmaker[Session],
    telegram_id: int,
    words: str,
    purpose: Purpose = Purpose.CHECK_IN,
) -> int:
    with sessions.begin() as session:
        chat = messages.chat_of(session, telegram_id, clock.now())
        return messages.queue_message(session, chat, words, purpose, clock.now()).id


def states(sessions: sessionmaker[Session]) -> dict[str, int]:
    with sessions() as session:
        outgoing = select(Message.send_state, func.count()).where(Message.send_state.is_not(None))
        return {str(state): n for state, n in session.execute(outgoing.group_by("send_state"))}


def state_of(sessions: sessionmaker[Session], message_id: int) -> Message:
    with sessions() as session:
        return session.get_one(Message, message_id)


def test_a_thousand_messages_through_throttling_none_lost_none_double_t6(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    sessions: sessionmaker[Session],
) -> None:
    chats = [sandbox.add_person(f"Bewoner {number}") for number in range(100)]
    with sessions.begin() as session:
        for chat_id in chats:
            chat = messages.chat_of(session, chat_id, clock.now())
            for number in range(10):
                messages.queue_message(
                    session, chat, f"bericht {number}", Purpose.CHECK_IN, clock.now()
                )
    for chat_id in chats[:30]:
        sandbox.set_fault("too_many_requests", chat_id=chat_id, count=2, retry_after=1)
    with role("worker"):
        running.begin(worker(get_settings(), sessions))
        until(lambda: states(sessions) == {"sent": 1000}, seconds=90)
    for chat_id in chats:
        seen = [message.text for message in sandbox.messages(chat_id, sender="bot")]
        assert seen == [f"bericht {number}" for number in range(10)]
    answers = Counter(call["answer"]["ok"] for call in sandbox.calls(method="sendMessage"))
    assert answers == {True: 1000, False: 60}


def test_one_chat_gets_no_more_than_one_message_a_second_t6(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TELEGRAM_SECONDS_PER_CHAT", "0.5")
    get_settings.cache_clear()
    riet = sandbox.add_person("Riet")
    for number in range(4):
        queue_one(sessions, riet, f"bericht {number}")
    running.begin(worker(get_settings(), sessions))
    at = [call["monotonic"] for call in sandbox.wait_for_calls(4, method="sendMessage")]
    assert all(later - earlier > 0.4 for earlier, later in pairwise(at))


def test_all_chats_together_stay_below_the_pace_of_the_bot_t6(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TELEGRAM_MESSAGES_PER_SECOND", "10")
    get_settings.cache_clear()
    for person in [sandbox.add_person(f"Bewoner {number}") for number in range(15)]:
        queue_one(sessions, person, "dag")
    running.begin(worker(get_settings(), sessions))
    at = [call["monotonic"] for call in sandbox.wait_for_calls(15, method="sendMessage")]
    assert at[-1] - at[0] > 14 / 10 * 0.9


@pytest.mark.parametrize(
    ("fault", "settings_of_fault", "state"),
    [
        ("bad_request", {"description": "Bad Request: message is too long"}, SendState.FAILED),
        ("blocked", {}, SendState.FAILED),
        ("deactivated", {}, SendState.FAILED),
        ("bad_request", {"description": "Bad Request: chat not found"}, SendState.FAILED),
        ("bad_gateway", {}, SendState.SENT),
        ("too_many_requests", {"retry_after": 1}, SendState.SENT),
    ],
)
@pytest.mark.usefixtures("praatje")
def test_each_fate_ends_in_its_state_after_one_fault_t5(
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    fault: str,
    settings_of_fault: dict[str, object],
    state: SendState,
) -> None:
    riet = sandbox.add_person("Riet")
    sandbox.set_fault(fault, chat_id=riet, method="sendMessage", count=1, **settings_of_fault)
    sent = queue_one(sessions, riet, "dag")
    until(lambda: state_of(sessions, sent).send_state == state)
    assert len(sandbox.messages(riet, sender="bot")) == (state == SendState.SENT)
    assert (state_of(sessions, sent).send_error is None) == (state == SendState.SENT)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_send_without_an_answer_is_unknown_and_never_sent_again_t6(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    arrived: bool,
) -> None:
    monkeypatch.setattr(
        gateway, "HTTPXRequest", lambda **given: HTTPXRequest(**{**given, "read_timeout": 0.5})
    )
    running.begin(worker(settings, sessions))
    riet = sandbox.add_person("Riet")
    sandbox.set_fault("silence", chat_id=riet, method="sendMessage", count=1, perform=arrived)
    sent = queue_one(sessions, riet, "dag")
    until(lambda: state_of(sessions, sent).send_state == SendState.UNKNOWN, seconds=25)
    with sessions.begin() as session:
        messages.defer_delivery(session, session.get_one(Message, sent))
    after = queue_one(sessions, riet, "tot morgen")
    until(lambda: state_of(sessions, after).send_state == SendState.SENT)
    seen = [message.text for message in sandbox.messages(riet, sender="bot")]
    assert seen == (["dag"] if arrived else []) + ["tot morgen"]


@pytest.mark.usefixtures("praatje")
def test_a_silent_message_makes_no_sound(
    sandbox: SandboxClient, sessions: sessionmaker[Session]
) -> None:
    riet = sandbox.add_person("Riet")
    with sessions.begin() as session:
        chat = messages.chat_of(session, riet, clock.now())
        said = messages.queue_message(session, chat, "dag", Purpose.CHECK_IN, clock.now())
        said.silent = True
    assert sandbox.wait_for_message(riet).silent


def test_a_crisis_answer_overtakes_fifty_messages_that_wait(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    for number in range(50):
        queue_one(sessions, sandbox.add_person(f"Bewoner {number}"), "hoe gaat het?")
    queue_one(sessions, riet, "hoe gaat het?")
    sandbox.send_text(riet, "ik wil niet meer leven")
    running.begin(poller(get_settings(), sessions))
    until(lambda: "queued" in states(sessions) and states(sessions)["queued"] == 52)
    running.begin(worker(get_settings(), sessions))
    first = sandbox.wait_for_calls(52, method="sendMessage", timeout=30)
    place = [call["arguments"]["text"].startswith("Wat u schrijft") for call in first].index(True)
    assert place < 4  # the workers that began together with it
    own = [message.text for message in sandbox.messages(riet, sender="bot")]
    assert "113" in own[0]
    assert len(own) == 2


def test_nothing_is_sent_to_who_never_opened_the_link_t2(
    people: People, sessions: sessionmaker[Session]
) -> None:
    resident, _ = people.invited()
    assert resident.chat_id is None
    with sessions.begin() as session:
        assert check_ins.claim_due(session, clock.now().replace(year=clock.now().year + 1)) == 0
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
