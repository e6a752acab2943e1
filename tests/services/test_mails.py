"""Mail to coordinators over real SMTP: no names, tried again, never in anybody's way."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from email.message import Message as Mime
from email.policy import default
from socket import socket

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from bot import clock, mail
from bot.models import Case, CaseReason, Mail, Purpose, Resident, SendState
from bot.services import cases, mails, messages
from bot.settings import Settings, get_settings
from bot.understanding.labels import Level
from sandbox.client import SandboxClient
from tests.people import People
from tests.running import Running, worker
from tests.waiting import until


class Postbox:
    """Takes mail, refuses it, or never answers."""

    def __init__(self) -> None:
        self.mails: list[Mime] = []
        self.refuse = False
        self.stuck = 0.0

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        await asyncio.sleep(self.stuck)
        if self.refuse:
            return "451 try again later"
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def box(postbox: tuple[Postbox, int]) -> Postbox:
    return postbox[0]


@pytest.fixture
def with_mail(
    settings: Settings, postbox: tuple[Postbox, int], monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", str(postbox[1]))
    monkeypatch.setenv("SMTP_STARTTLS", "false")
    get_settings.cache_clear()
    return get_settings()


def raise_alarm(sessions: sessionmaker[Session], resident: Resident) -> None:
    with sessions.begin() as session:
        cases.open_or_raise(
            session,
            session.get_one(Resident, resident.id),
            level=Level.CRISIS,
            reason=CaseReason.SIGNALS,
            message_ids=[],
            now=clock.now(),
        )


def the_mail(sessions: sessionmaker[Session]) -> Mail:
    with sessions() as session:
        return session.scalars(select(Mail)).one()


def test_an_alarm_is_one_mail_without_names(
    running: Running,
    with_mail: Settings,
    box: Postbox,
    people: People,
    sessions: sessionmaker[Session],
) -> None:
    riet, _ = people.resident(1), people.coordinator()
    raise_alarm(sessions, riet)
    raise_alarm(sessions, riet)
    running.begin(worker(with_mail, sessions))
    until(lambda: box.mails)
    got = box.mails[0]
    assert got["To"] == "joke@waterrijk.example"
    assert got["Subject"].startswith("Praatje: melding")
    body = got.get_content()  # type: ignore[attr-defined]
    with sessions() as session:
        assert f"/meldingen/{session.scalars(select(Case.id)).one()}" in body
    for secret in ("Riet", "Bakker", "12345678", str(riet.id)):
        assert secret not in str(got) + body
    until(lambda: the_mail(sessions).state == SendState.SENT)
    assert len(box.mails) == 1


@pytest.mark.parametrize("trouble", ["refuses", "is down"])
def test_a_mail_server_in_trouble_is_tried_again(
    running: Running,
    with_mail: Settings,
    box: Postbox,
    people: People,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    box.refuse = trouble == "refuses"
    if trouble == "is down":
        monkeypatch.setenv("SMTP_PORT", "1")
        get_settings.cache_clear()
    riet, _ = people.resident(1), people.coordinator()
    raise_alarm(sessions, riet)
    running.begin(worker(get_settings(), sessions))
    until(lambda: the_mail(sessions).error)
    assert the_mail(sessions).state == SendState.QUEUED
    with sessions.begin() as session:
        job = session.execute(
            text("SELECT task_name, scheduled_at FROM procrastinate_jobs WHERE status = 'todo'")
        ).one()
        assert job.task_name == "send_mail"
        assert job.scheduled_at is not None
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    box.refuse = False
    if trouble == "refuses":
        until(lambda: the_mail(sessions).state == SendState.SENT)
        assert len(box.mails) == 1
    else:
        until(lambda: the_mail(sessions).attempts == 2)


def test_it_gives_up_after_eight_tries_each_twice_as_late(
    with_mail: Settings, people: People, sessions: sessionmaker[Session]
) -> None:
    riet, _ = people.resident(1), people.coordinator()
    raise_alarm(sessions, riet)
    for _ in range(mails.TRIES):
        with sessions.begin() as session:
            row = mails.claim(session, the_mail(sessions).id)
            assert row is not None
            mails.mark_later(session, row.id, "OSError")
    with sessions.begin() as session:
        assert the_mail(sessions).state == SendState.FAILED
        assert mails.claim(session, the_mail(sessions).id) is None
        waits = session.execute(
            text(
                "SELECT round(extract(epoch FROM scheduled_at - now()) / 10) "
                "FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL ORDER BY scheduled_at"
            )
        ).scalars()
        assert [int(wait) for wait in waits] == [1, 2, 4, 8, 16, 32, 64]


def test_a_mail_whose_worker_died_goes_again_under_the_same_id(
    with_mail: Settings, box: Postbox, people: People, sessions: sessionmaker[Session]
) -> None:
    riet, _ = people.resident(1), people.coordinator()
    raise_alarm(sessions, riet)
    for _ in range(2):
        with sessions.begin() as session:
            row = mails.claim(session, the_mail(sessions).id)
            assert row is not None
        mail.send(with_mail, row.recipient, row.subject, row.body, f"<{row.id}@praatje>")
    assert len({got["Message-ID"] for got in box.mails}) == 1


def test_a_stuck_mail_server_does_not_hold_up_an_answer_to_danger(
    running: Running,
    with_mail: Settings,
    box: Postbox,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
) -> None:
    box.stuck = 15
    riet = sandbox.add_person("Riet")
    resident = people.resident(riet)
    for number in range(12):
        people.coordinator(f"joke{number}@waterrijk.example")
    raise_alarm(sessions, resident)
    running.begin(worker(with_mail, sessions))
    with sessions() as session:
        until(lambda: session.scalar(select(Mail.id).where(Mail.state == SendState.SENDING)))
    with sessions.begin() as session:
        chat = messages.chat_of(session, riet, clock.now())
        messages.queue_message(session, chat, "Bel nu.", Purpose.CRISIS, clock.now())
    sandbox.wait_for_message(riet, contains="Bel nu", timeout=5)
    box.stuck = 0
