"""Cases: opened or raised by what is read, looked at, noted in, and closed by a coordinator."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from bot import queue
from bot.errors import Conflict, Invalid, NotFound
from bot.models import (
    ActorKind,
    Case,
    CaseCause,
    CaseNote,
    CaseReason,
    CaseState,
    Coordinator,
    HandoverState,
    Mail,
    Message,
    Outcome,
    Purpose,
    Resident,
    Verdict,
)
from bot.services import audit, messages, staff
from bot.services.audit import SYSTEM, Actor
from bot.services.texts import load, render, spoken_moment
from bot.settings import get_settings
from bot.understanding.labels import Level, higher

LEVEL_NL = {
    Level.CRISIS: "acuut gevaar",
    Level.URGENT: "dringend",
    Level.CONCERN: "zorg",
    Level.NONE: "ter informatie",
}
ALERTED_FROM = Level.CONCERN


def open_or_raise(
    session: Session,
    resident: Resident,
    *,
    level: Level,
    reason: CaseReason,
    message_ids: Sequence[int],
    now: datetime,
) -> Case:
    """The one open case of a resident, opened or raised to `level`, with this reason added.

    Raising never lowers a level. Coordinators are alerted when a case is opened or rises.
    """
    opened = session.scalar(
        insert(Case)
        .values(
            resident_id=resident.id,
            level=level,
            state=CaseState.OPEN,
            opened_at=now,
            raised_at=now,
            deadline_at=now + deadline(level),
        )
        .on_conflict_do_nothing(
            index_elements=[Case.resident_id], index_where=Case.closed_at.is_(None)
        )
        .returning(Case.id)
    )
    case = session.scalars(
        select(Case)
        .where(Case.resident_id == resident.id, Case.closed_at.is_(None))
        .with_for_update()
    ).one()
    raised = level.rank > case.level.rank
    if raised:
        case.level = higher(case.level, level)
        case.raised_at = now
        case.deadline_at = min(case.deadline_at, now + deadline(level))
    _add_causes(case, reason, level, message_ids, now)
    if opened or raised:
        verb = "case.opened" if opened else "case.raised"
        audit.record(
            session, SYSTEM, verb, case, now, resident.municipality_id, level=level, reason=reason
        )
        alert(session, case, now)
    return case


def deadline(level: Level) -> timedelta:
    """How soon a person has to have looked."""
    return timedelta(minutes=load("deadlines")["case"][level.value])


def _add_causes(
    case: Case,
    reason: CaseReason,
    level: Level,
    message_ids: Sequence[int],
    now: datetime,
) -> None:
    known = {(cause.reason, cause.message_id) for cause in case.causes}
    for message_id in message_ids or (None,):
        if (reason, message_id) not in known:
            case.causes.append(
                CaseCause(reason=reason, level=level, message_id=message_id, created_at=now)
            )


def case_url(case: Case) -> str:
    """Where the console shows a case."""
    return f"{get_settings().console_url.rstrip('/')}/meldingen/{case.id}"


def alert(session: Session, case: Case, now: datetime) -> None:
    """Tell the coordinators by mail and Telegram: no names, no words of the resident."""
    if case.level.rank < ALERTED_FROM.rank:
        return
    municipality = case.resident.municipality
    fields: dict[str, str] = {
        "case": str(case.id),
        "level": LEVEL_NL[case.level],
        "deadline": spoken_moment(case.deadline_at, municipality.time_zone),
        "url": case_url(case),
    }
    for coordinator in staff.list_coordinators(session, municipality.id):
        tell_coordinator(
            session, coordinator, render("alert.subject", **fields), render("alert.body", **fields),
            case, now,
        )  # fmt: skip


def tell_coordinator(
    session: Session, coordinator: Coordinator, subject: str, body: str, case: Case, now: datetime
) -> None:
    """Queue a mail (when mail is set up) and a Telegram message (when linked) about a case."""
    if get_settings().smtp_host:
        mail = Mail(
            recipient=coordinator.email,
            subject=subject,
            body=body,
            case_id=case.id,
            created_at=now,
        )
        session.add(mail)
        session.flush()
        queue.defer(
            session, queue.Job.SEND_MAIL, lock=f"mail:{mail.id}", priority=queue.CRISIS,
            mail_id=mail.id,
        )  # fmt: skip
    if coordinator.chat is not None and coordinator.chat.blocked_at is None:
        messages.queue_message(session, coordinator.chat, body, Purpose.ALERT, now)


def access_case(session: Session, actor: Actor, case_id: int) -> Case:
    """The case if it is of the actor's municipality. Raises NotFound otherwise."""
    case = session.get(Case, case_id)
    if (
        case is None
        or actor.kind != ActorKind.COORDINATOR
        or case.resident.municipality_id != actor.municipality_id
    ):
        raise NotFound("Deze melding is niet gevonden.")
    return case


@dataclass(frozen=True, slots=True)
class Page:
    """One page of cases and how many there are in all."""

    cases: list[Case]
    total: int


def list_cases(
    session: Session, actor: Actor, *, closed: bool = False, offset: int = 0, limit: int = 25
) -> Page:
    """Cases of the actor's municipality: open by level, deadline, age; closed newest first."""
    mine = (
        select(Case)
        .join(Case.resident)
        .where(
            Resident.municipality_id == actor.municipality_id,
            Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None),
        )
    )
    rank = sql_case({level.value: level.rank for level in Level}, value=Case.level)
    order = (Case.closed_at.desc(),) if closed else (rank.desc(), Case.deadline_at, Case.opened_at)
    page = mine.order_by(*order, Case.id).offset(offset).limit(limit)
    loaded = page.options(
        selectinload(Case.resident), selectinload(Case.causes), selectinload(Case.handovers)
    )
    total = session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    return Page(list(session.scalars(loaded)), total)


def conversation_of(session: Session, case: Case, limit: int = 200) -> list[Message]:
    """The latest messages between the resident and Praatje, oldest first, findings loaded."""
    if case.resident.chat_id is None:
        return []
    latest = (
        select(Message)
        .where(Message.chat_id == case.resident.chat_id)
        .order_by(Message.id.desc())
        .limit(limit)
        .options(
            selectinload(Message.findings),
            selectinload(Message.buttons),
            selectinload(Message.attachments),
        )
    )
    return list(reversed(session.scalars(latest).all()))


def record_reading(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """Write down that somebody read the conversation of a case (row V7)."""
    audit.record(session, actor, "conversation.read", case, now)


def add_note(
    session: Session, coordinator: Coordinator, case: Case, text: str, now: datetime
) -> None:
    """Write a note in a case. Raises Invalid for an empty one."""
    if not text.strip():
        raise Invalid("Een notitie kan niet leeg zijn.")
    case.notes.append(
        CaseNote(coordinator_id=coordinator.id, text=text.strip()[:10_000], created_at=now)
    )
    audit.record(session, Actor.of(coordinator), "case.noted", case, now)


def close(
    session: Session,
    coordinator: Coordinator,
    case: Case,
    outcome: Outcome,
    verdict: Verdict,
    now: datetime,
) -> None:
    """Close a case with its outcome and whether its level was right. Conflict if closed."""
    session.refresh(case, with_for_update=True)
    if case.closed_at is not None:
        raise Conflict("Deze melding is al afgesloten.")
    case.state, case.outcome, case.verdict = CaseState.CLOSED, outcome, verdict
    case.closed_at, case.closed_by_id = now, coordinator.id
    for handover in case.handovers:
        if handover.state in (HandoverState.OFFERED, HandoverState.ACCEPTED):
            handover.state, handover.closed_at = HandoverState.CLOSED, now
    audit.record(
        session, Actor.of(coordinator), "case.closed", case, now, outcome=outcome, verdict=verdict
    )


def reasons(causes: Iterable[CaseCause]) -> list[CaseReason]:
    """The reasons of a case, each once, the most urgent first."""
    ranked = sorted(causes, key=lambda cause: -cause.level.rank)
    return list(dict.fromkeys(cause.reason for cause in ranked))
