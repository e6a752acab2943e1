"""The last safety net: whatever stands in a row and has no job any more gets one again."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import queue
from bot.models import (
    ConsoleSession,
    Direction,
    FailedLogin,
    Mail,
    Message,
    SendState,
    TelegramUpdate,
)
from bot.services import messages, residents

FORGOTTEN_AFTER = timedelta(minutes=1)
UPDATES_KEPT = timedelta(hours=48)
BATCH = 200


def defer_forgotten(session: Session, now: datetime) -> int:
    """Queue again what was left undone for minutes, after a bug or a lost job; returns how many.

    What still has its job is left alone: it may wait because Telegram or a mail server asked to.
    """
    before = now - FORGOTTEN_AFTER
    sends = session.scalars(
        select(Message)
        .where(Message.send_state.in_((SendState.QUEUED, SendState.SENDING)))
        .where(Message.created_at < before)
        .where(~queue.has_job(queue.Job.DELIVER, "message_id", Message.id))
        .order_by(Message.id)
        .limit(BATCH)
    ).all()
    for message in sends:
        messages.defer_delivery(session, message)
    return len(sends) + _defer_turns(session, before) + _defer_mails(session, before)


def _defer_turns(session: Session, before: datetime) -> int:
    waiting = session.scalars(
        select(Message)
        .where(Message.direction == Direction.IN, Message.handled_at.is_(None))
        .where(Message.created_at < before)
        .where(~queue.has_job(queue.Job.TAKE_TURN, "message_id", Message.id))
        .order_by(Message.id)
        .limit(BATCH)
    ).all()
    for message in waiting:
        resident = residents.by_chat(session, message.chat_id)
        queue.defer(
            session,
            queue.Job.TAKE_TURN,
            lock=f"resident:{resident.id if resident else message.chat_id}",
            message_id=message.id,
        )
    return len(waiting)


def _defer_mails(session: Session, before: datetime) -> int:
    waiting = session.scalars(
        select(Mail)
        .where(Mail.state.in_((SendState.QUEUED, SendState.SENDING)), Mail.created_at < before)
        .where(~queue.has_job(queue.Job.SEND_MAIL, "mail_id", Mail.id))
        .limit(BATCH)
    ).all()
    for mail in waiting:
        queue.defer(session, queue.Job.SEND_MAIL, lock=f"mail:{mail.id}", mail_id=mail.id)
    return len(waiting)


def purge(session: Session, now: datetime) -> None:
    """Drop what is kept for a short while only: update ids, log-ins that ended, failed log-ins."""
    session.execute(delete(TelegramUpdate).where(TelegramUpdate.received_at < now - UPDATES_KEPT))
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at < now))
    session.execute(delete(FailedLogin).where(FailedLogin.at < now - timedelta(days=1)))
