"""What stands in a row and has no job any more gets one again; what has one is left alone."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from bot import queue
from bot.models import FailedLogin, Mail, Message, Purpose, SendState, TelegramUpdate
from bot.services import recovery
from tests.people import People
from tests.telling import Teller

LATER = timedelta(minutes=3)
RIET = 11


@pytest.fixture
def riet(sessions: sessionmaker[Session], people: People, now: datetime) -> Teller:
    people.resident(RIET, now=now)
    return Teller(sessions, RIET, now)


def jobs(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        found = session.execute(text("SELECT task_name FROM procrastinate_jobs ORDER BY id"))
        return list(found.scalars())


def lose_all_jobs(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))


def look(sessions: sessionmaker[Session], now: datetime) -> int:
    with sessions.begin() as session:
        return recovery.defer_forgotten(session, now)


def test_a_reply_and_a_turn_without_a_job_get_one_again(
    riet: Teller, sessions: sessionmaker[Session], now: datetime
) -> None:
    riet.says("/help")
    riet.says("wat een weer")
    lose_all_jobs(sessions)
    assert look(sessions, now + timedelta(minutes=1)) == 0
    assert look(sessions, now + LATER) == 2
    assert sorted(jobs(sessions)) == ["deliver", "take_turn"]


def test_what_still_has_its_job_gets_no_second_one(
    riet: Teller, sessions: sessionmaker[Session], now: datetime
) -> None:
    riet.says("/help")
    riet.says("wat een weer")
    assert look(sessions, now + LATER) == 0
    assert sorted(jobs(sessions)) == ["deliver", "take_turn"]


def test_a_message_that_telegram_asked_to_hold_back_is_not_hurried(
    riet: Teller, sessions: sessionmaker[Session], now: datetime
) -> None:
    riet.says("/help")
    lose_all_jobs(sessions)
    with sessions.begin() as session:
        waiting = session.scalars(select(Message).where(Message.purpose == Purpose.REPLY)).one()
        queue.defer(
            session,
            queue.Job.DELIVER,
            lock=f"chat:{waiting.chat_id}",
            delay=timedelta(minutes=10),
            message_id=waiting.id,
        )
    assert look(sessions, now + LATER) == 0
    assert jobs(sessions) == ["deliver"]


@pytest.mark.parametrize("state", [SendState.QUEUED, SendState.SENDING])
def test_a_mail_without_a_job_gets_one_again(
    sessions: sessionmaker[Session], now: datetime, state: SendState
) -> None:
    with sessions.begin() as session:
        session.add(
            Mail(recipient="joke@waterrijk.example", subject="s", body="b", state=state,
                 created_at=now)
        )  # fmt: skip
    assert look(sessions, now + LATER) == 1
    assert jobs(sessions) == ["send_mail"]
    assert look(sessions, now + LATER) == 0


def test_purge_drops_what_is_kept_for_a_short_while_only(
    sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions.begin() as session:
        for number, hours in enumerate((1, 49)):
            session.add(TelegramUpdate(update_id=number, received_at=now - timedelta(hours=hours)))
            session.add(FailedLogin(key_hash="k", at=now - timedelta(hours=hours)))
    with sessions.begin() as session:
        recovery.purge(session, now)
    with sessions() as session:
        assert session.scalars(select(TelegramUpdate.update_id)).all() == [0]
        assert len(session.scalars(select(FailedLogin)).all()) == 1
