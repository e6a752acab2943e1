"""Workers killed at the worst moment: no turn lost, none answered twice, no send repeated."""

import subprocess
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.models import CheckIn, CheckInState, Message, Purpose, SendState
from bot.queue import Lane
from bot.services import check_ins, messages
from bot.settings import Settings
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.processes import kill, role
from tests.running import Running, poller
from tests.waiting import until

PAUSE = 40
"""Seconds within which a job of a dead worker is taken up, and a process can start."""


@pytest.fixture
def riet(sandbox: SandboxClient, people: People) -> int:
    person = sandbox.add_person("Riet")
    people.resident(person)
    return person


@pytest.fixture
def first(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The worker that will be killed."""
    with role("worker") as process:
        yield process


@pytest.fixture
def second(first: object) -> Iterator[subprocess.Popen[bytes]]:
    """The worker that lives on; it starts beside the first, as it would in an installation."""
    with role("worker") as process:
        yield process


def bot_texts(sandbox: SandboxClient, person: int) -> list[str]:
    return [message.text for message in sandbox.messages(person, sender="bot")]


def no_jobs_left(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return session.scalar(waiting) == 0


@pytest.mark.parametrize("answered", [False, True], ids=["before rasa answered", "after"])
def test_a_worker_killed_during_a_turn_answers_once_all_the_same_o7_s1(
    first: subprocess.Popen[bytes],
    running: Running,
    settings: Settings,
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    riet: int,
    rasa: FakeRasa,
    answered: bool,
) -> None:
    """Rasa is asked again only when it had not answered; the resident hears one answer."""
    rasa.seconds = 3.0 if answered else 600.0
    running.begin(poller(settings, sessions))
    sandbox.send_text(riet, "goedemorgen")
    until(lambda: rasa.asked, PAUSE)
    kill(first, sessions)
    rasa.seconds = 0
    if answered:
        until(lambda: rasa.trackers)
    with role("worker"):
        sandbox.wait_for_message(riet, contains="Vertel eens verder", timeout=PAUSE)
        sandbox.send_text(riet, "nog iets")
        until(lambda: len(bot_texts(sandbox, riet)) == 2)
        until(lambda: no_jobs_left(sessions))
    words = [each["message"] for each in rasa.asked]
    assert words.count("nog iets") == 1
    assert words.count("goedemorgen") == (1 if answered else 2)
    assert bot_texts(sandbox, riet) == ["Vertel eens verder."] * 2


def test_a_send_in_the_air_when_its_worker_is_killed_is_unknown_and_not_repeated_t6(
    first: subprocess.Popen[bytes],
    second: subprocess.Popen[bytes],
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    riet: int,
) -> None:
    """Both workers are killed: which of the two had the message cannot be told from outside."""
    sandbox.set_fault("silence", chat_id=riet, method="sendMessage", count=1, perform=True)
    with sessions.begin() as session:
        chat = messages.chat_of(session, riet, clock.now())
        lost = messages.queue_message(session, chat, "eerste", Purpose.REPLY, clock.now()).id
    sandbox.wait_for_calls(1, method="sendMessage", chat_id=riet, timeout=PAUSE)
    kill(first, sessions)
    kill(second, sessions)
    with sessions.begin() as session:
        chat = messages.chat_of(session, riet, clock.now())
        messages.queue_message(session, chat, "tweede", Purpose.REPLY, clock.now())
    with role("worker"):
        sandbox.wait_for_message(riet, contains="tweede", timeout=PAUSE)
        until(lambda: no_jobs_left(sessions))
    assert bot_texts(sandbox, riet) == ["eerste", "tweede"]
    with sessions() as session:
        assert session.get_one(Message, lost).send_state == SendState.UNKNOWN


def test_a_check_in_whose_worker_is_killed_while_rasa_opens_it_is_asked_once_s1(
    first: subprocess.Popen[bytes],
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    riet: int,
    rasa: FakeRasa,
) -> None:
    rasa.seconds_to_open = 5
    with sessions.begin() as session:
        schedule = text("UPDATE schedules SET next_due_at = now() - interval '1 second'")
        session.execute(schedule)
    with sessions.begin() as session:
        assert check_ins.claim_due(session, clock.now()) == 1
    until(lambda: rasa.opened, PAUSE)
    kill(first, sessions)
    rasa.seconds_to_open = 0
    with role("worker"):
        sandbox.wait_for_message(riet, contains="Hoe gaat het met u?", timeout=PAUSE)
        until(lambda: no_jobs_left(sessions))
    assert bot_texts(sandbox, riet) == ["Hoe gaat het met u?"]
    with sessions() as session:
        assert session.scalars(select(CheckIn.state)).one() == CheckInState.SENT


def test_a_worker_whose_connections_were_cut_listens_again_o7(
    settings: Settings, sandbox: SandboxClient, sessions: sessionmaker[Session], riet: int
) -> None:
    """As after a restart of the database: without its listener it would only look now and then."""
    listening = text("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")

    def listeners() -> set[int]:
        with sessions() as session:
            return set(session.scalars(listening))

    with role("worker"):
        until(lambda: len(listeners()) == len(Lane), PAUSE)
        cut = listeners()
        with sessions() as session:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            session.execute(
                text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
            )
        until(lambda: len(listeners() - cut) == len(Lane), PAUSE)
        with sessions.begin() as session:
            chat = messages.chat_of(session, riet, clock.now())
            messages.queue_message(session, chat, "Daar zijn we weer.", Purpose.REPLY, clock.now())
        sandbox.wait_for_message(riet, contains="Daar zijn we weer", timeout=PAUSE)
