"""Check-ins: claimed when due, asked, answered, completed or missed."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import queue
from bot.dialogue import Reply, merge
from bot.models import (
    OPEN_STATES,
    Answer,
    CheckIn,
    CheckInState,
    Message,
    Purpose,
    Resident,
    ResidentStatus,
    Schedule,
    SendState,
)
from bot.recurrence import next_moment
from bot.services import audit, messages
from bot.services.audit import SYSTEM
from bot.services.texts import load

logger = logging.getLogger(__name__)

BATCH = 500


def _minutes(name: str) -> timedelta:
    return timedelta(minutes=load("deadlines")["check_in"][name])


def claim_due(session: Session, now: datetime) -> int:
    """Turn schedules that are due into check-ins and queue their opening; returns how many.

    Rows are locked, skipped by other schedulers, and moved to their next moment in the same
    transaction: one winner per due moment. What an outage delayed is asked once, not per day.
    """
    due = session.scalars(
        select(Schedule)
        .where(Schedule.next_due_at <= now)
        .order_by(Schedule.next_due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for schedule in due:
        due_at = schedule.next_due_at
        assert due_at is not None
        schedule.next_due_at = _next_due(schedule, now)
        _begin(session, schedule.resident, due_at, now)
    return len(due)


def _next_due(schedule: Schedule, now: datetime) -> datetime:
    """When a schedule is due next; one that cannot be read waits a day and stops nobody else."""
    try:
        return next_moment(now, schedule.weekdays, schedule.at_time, schedule.time_zone)
    except (ValueError, ZoneInfoNotFoundError):
        logger.exception("schedule %d cannot be read", schedule.id)
        return now + timedelta(days=1)


def _begin(session: Session, resident: Resident, due_at: datetime, now: datetime) -> None:
    if (
        resident.status == ResidentStatus.PAUSED
        and resident.paused_until
        and (resident.paused_until <= now)
    ):
        resident.status = ResidentStatus.ACTIVE
        resident.paused_until = resident.pause_reason = None
        audit.record(session, SYSTEM, "resident.resumed", resident, now, resident.municipality_id)
    if resident.status != ResidentStatus.ACTIVE:
        return
    if _exists(session, resident.id, due_at):  # the clock was set back
        return
    if earlier := get_open(session, resident.id):
        _end(session, earlier, now)
        session.flush()
    check_in = CheckIn(resident_id=resident.id, due_at=due_at, next_step_at=now)
    session.add(check_in)
    session.flush()
    _defer_opening(session, check_in, now)


def _exists(session: Session, resident_id: UUID, due_at: datetime) -> bool:
    same = exists().where(CheckIn.resident_id == resident_id, CheckIn.due_at == due_at)
    return bool(session.scalar(select(same)))


def _defer_opening(session: Session, check_in: CheckIn, now: datetime) -> None:
    check_in.next_step_at = now + _minutes("retry_minutes")
    queue.defer(
        session,
        queue.Job.OPEN_CHECK_IN,
        lock=f"resident:{check_in.resident_id}",
        priority=queue.CHECK_IN,
        check_in_id=check_in.id,
    )


def take_next_steps(session: Session, now: datetime) -> int:
    """Move check-ins on: try the opening again, give up on it, or call it missed.

    A check-in that we could not ask in time was `not_asked`, never missed (row S11).
    """
    waiting = session.scalars(
        select(CheckIn)
        .where(CheckIn.next_step_at <= now)
        .order_by(CheckIn.next_step_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for check_in in waiting:
        match check_in.state:
            case CheckInState.DUE if now - check_in.due_at <= _minutes("latest_minutes"):
                _defer_opening(session, check_in, now)
            case _:
                _end(session, check_in, now)
    return len(waiting)


def _end(session: Session, check_in: CheckIn, now: datetime) -> None:
    """Close a check-in that nobody finished. It is missed only when the question arrived."""
    match check_in.state:
        case CheckInState.DUE:
            close(session, check_in, CheckInState.NOT_ASKED, now, reason="storing")
        case CheckInState.SENT if not _arrived(session, check_in):
            close(session, check_in, CheckInState.NOT_ASKED, now, reason="niet aangekomen")
        case CheckInState.SENT:
            close(session, check_in, CheckInState.MISSED, now, reason="geen antwoord")
        case _:
            close(session, check_in, CheckInState.COMPLETED, now, reason="niet afgemaakt")


def _arrived(session: Session, check_in: CheckIn) -> bool:
    """Whether Telegram took the question, which was queued at the moment of `sent_at`."""
    question = exists().where(
        Message.chat_id == check_in.resident.chat_id,
        Message.purpose == Purpose.CHECK_IN,
        Message.created_at == check_in.sent_at,
        Message.send_state == SendState.SENT,
    )
    return bool(session.scalar(select(question)))


def close(
    session: Session,
    check_in: CheckIn,
    state: CheckInState,
    now: datetime,
    reason: str | None = None,
) -> None:
    """End a check-in in a final state."""
    check_in.state, check_in.state_reason = state, reason
    check_in.closed_at, check_in.next_step_at = now, None
    audit.record(
        session,
        SYSTEM,
        f"check_in.{state.value}",
        check_in,
        now,
        check_in.resident.municipality_id,
    )


def get_open(session: Session, resident_id: UUID) -> CheckIn | None:
    """The check-in of a resident that is under way."""
    return session.scalar(
        select(CheckIn).where(CheckIn.resident_id == resident_id, CheckIn.state.in_(OPEN_STATES))
    )


def to_open(session: Session, check_in_id: int, now: datetime) -> CheckIn | None:
    """The check-in if it still has to be asked and may be: in time, resident reachable."""
    check_in = session.get(CheckIn, check_in_id)
    if check_in is None or check_in.state != CheckInState.DUE:
        return None
    if now - check_in.due_at > _minutes("latest_minutes"):
        close(session, check_in, CheckInState.NOT_ASKED, now, reason="storing")
        return None
    resident = check_in.resident
    if (
        resident.status != ResidentStatus.ACTIVE
        or resident.chat is None
        or resident.chat.blocked_at
    ):
        close(session, check_in, CheckInState.NOT_ASKED, now, reason="niet bereikbaar")
        return None
    return check_in


def ask(
    session: Session, check_in_id: int, replies: Sequence[Reply], now: datetime
) -> Message | None:
    """Queue the opening of a check-in, once; None when it was asked before."""
    check_in = session.get(CheckIn, check_in_id, with_for_update=True)
    if check_in is None or check_in.state != CheckInState.DUE or check_in.resident.chat is None:
        return None
    check_in.state, check_in.sent_at = CheckInState.SENT, now
    check_in.next_step_at = now + _minutes("missed_minutes")
    opening = merge(replies)
    return messages.queue_message(
        session,
        check_in.resident.chat,
        opening.text,
        Purpose.CHECK_IN,
        now,
        choices=opening.choices,
    )


def note_sign_of_life(session: Session, resident_id: UUID, now: datetime) -> None:
    """Any message of a resident answers the check-in that is open (row S7)."""
    check_in = get_open(session, resident_id)
    if check_in is not None and check_in.state == CheckInState.SENT:
        check_in.state, check_in.answered_at = CheckInState.ANSWERED, now
        check_in.next_step_at = now + _minutes("missed_minutes")


def record_answer(
    session: Session, check_in_id: int, question: str, message_id: int | None, now: datetime
) -> None:
    """Keep which message answered which question; saying it twice changes nothing."""
    session.execute(
        insert(Answer)
        .values(check_in_id=check_in_id, question=question, message_id=message_id, created_at=now)
        .on_conflict_do_nothing()
    )


def complete(session: Session, check_in_id: int, now: datetime) -> None:
    """The resident went through the whole check-in; saying it twice changes nothing."""
    check_in = session.get(CheckIn, check_in_id)
    if check_in is not None and check_in.state in OPEN_STATES:
        close(session, check_in, CheckInState.COMPLETED, now)
