"""What a coordinator reads: timelines, overviews and figures. Nothing here changes a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.orm import Session, selectinload

from bot.models import (
    ActorKind,
    AuditEntry,
    Case,
    CaseCause,
    CheckIn,
    Consent,
    Coordinator,
    Direction,
    Handover,
    Helper,
    Invitation,
    Message,
    MessageFinding,
    Resident,
    ResidentStatus,
    Schedule,
    Verdict,
)
from bot.services import handovers
from bot.services.audit import Actor
from bot.understanding.labels import Level, Signal

STRIP = timedelta(weeks=8)
READ = "conversation.read"
HISTORY = 300


def signals_of(session: Session, shown: Iterable[Case]) -> dict[int, list[Signal]]:
    """By case id, the signals in the messages it rests on, about the resident or another."""
    found = (
        select(CaseCause.case_id, MessageFinding.signal)
        .join(MessageFinding, MessageFinding.message_id == CaseCause.message_id)
        .where(CaseCause.case_id.in_([case.id for case in shown]))
        .distinct()
    )
    signals: dict[int, list[Signal]] = {}
    for case_id, signal in session.execute(found):
        if signal is not None:
            signals.setdefault(case_id, []).append(signal)
    order = list(Signal)
    return {case_id: sorted(each, key=order.index) for case_id, each in signals.items()}


def read_since_raised(session: Session, shown: Iterable[Case]) -> set[int]:
    """Ids of the cases whose conversation somebody read after they were opened or last rose."""
    read = (
        select(Case.id)
        .join(
            AuditEntry,
            and_(
                AuditEntry.subject_kind == "case",
                AuditEntry.subject_id == cast(Case.id, String),
            ),
        )
        .where(
            Case.id.in_([case.id for case in shown]),
            AuditEntry.action == READ,
            AuditEntry.at >= Case.raised_at,
        )
    )
    return set(session.scalars(read))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases of a municipality stand open, are past their deadline, and are closed."""

    open: int
    late: int
    closed: int


def count_cases(session: Session, actor: Actor, now: datetime) -> Counts:
    """The counts for the tabs and the title."""
    still_open = Case.closed_at.is_(None)
    counted = (
        select(
            func.count().filter(still_open),
            func.count().filter(still_open, Case.deadline_at < now),
            func.count().filter(~still_open),
        )
        .select_from(Case)
        .join(Case.resident)
        .where(Resident.municipality_id == actor.municipality_id)
    )
    return Counts(*session.execute(counted).one())


def history(session: Session, case: Case) -> list[AuditEntry]:
    """What was done with a case, its hand-overs, its resident and their check-ins, oldest first."""
    about = {
        "case": [str(case.id)],
        "handover": [str(handover.id) for handover in case.handovers],
        "resident": [str(case.resident_id)],
        "checkin": [
            str(each)
            for each in session.scalars(
                select(CheckIn.id)
                .where(CheckIn.resident_id == case.resident_id)
                .order_by(CheckIn.id.desc())
                .limit(HISTORY)
            )
        ],
    }
    subjects = or_(
        *(
            and_(AuditEntry.subject_kind == kind, AuditEntry.subject_id.in_(ids))
            for kind, ids in about.items()
        )
    )
    latest = select(AuditEntry).where(subjects).order_by(AuditEntry.id.desc()).limit(HISTORY)
    return list(reversed(session.scalars(latest).all()))


def actors(session: Session, entries: Sequence[AuditEntry]) -> dict[tuple[ActorKind, str], str]:
    """The names of the people in audit rows, by kind and id."""
    names = {}
    for kind, actor_id in {(entry.actor_kind, entry.actor_id) for entry in entries}:
        person = _person(session, kind, actor_id) if actor_id else None
        if actor_id and person is not None:
            names[kind, actor_id] = person.name
    return names


def _person(
    session: Session, kind: ActorKind, actor_id: str
) -> Coordinator | Helper | Resident | None:
    match kind:
        case ActorKind.COORDINATOR:
            return session.get(Coordinator, int(actor_id))
        case ActorKind.HELPER:
            return session.get(Helper, int(actor_id))
        case ActorKind.RESIDENT:
            return session.get(Resident, UUID(actor_id))
        case _:
            return None


def recent_check_ins(session: Session, resident_id: UUID, now: datetime) -> list[CheckIn]:
    """The check-ins of the last eight weeks, oldest first (row C8)."""
    recent = select(CheckIn).where(CheckIn.resident_id == resident_id, CheckIn.due_at > now - STRIP)
    return list(session.scalars(recent.order_by(CheckIn.due_at)))


def stamp(session: Session, case: Case) -> str:
    """Changes when anything on the page of a case does: a message, a note, its state."""
    last_message = session.scalar(
        select(func.max(Message.id)).where(Message.chat_id == case.resident.chat_id)
    )
    parts = (case.state, case.level, last_message, len(case.notes), len(case.causes))
    return "-".join(str(part or 0) for part in parts)


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """A resident as the list shows them; `invited_at` is when the newest unused link was made."""

    resident: Resident
    next_due_at: datetime | None
    heard_at: datetime | None
    invited_at: datetime | None


def list_residents(session: Session, actor: Actor) -> list[ResidentRow]:
    """The residents of the actor's municipality by name; names are encrypted, so sorted here."""
    heard = (
        select(func.max(Message.created_at))
        .where(Message.chat_id == Resident.chat_id, Message.direction == Direction.IN)
        .scalar_subquery()
    )
    invited = (
        select(func.max(Invitation.created_at))
        .where(Invitation.resident_id == Resident.id, Invitation.used_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Resident, Schedule.next_due_at, heard, invited)
        .outerjoin(Schedule, Schedule.resident_id == Resident.id)
        .where(Resident.municipality_id == actor.municipality_id)
        .options(selectinload(Resident.chat))
    )
    return sorted((ResidentRow(*row) for row in rows), key=lambda row: row.resident.name.casefold())


def consents_of(session: Session, resident: Resident) -> list[Consent]:
    """Every yes and no of a resident, newest first."""
    given = select(Consent).where(Consent.resident_id == resident.id)
    return list(session.scalars(given.order_by(Consent.id.desc())))


def open_case_of(session: Session, resident: Resident) -> Case | None:
    """The case of a resident that stands open."""
    return session.scalar(
        select(Case).where(Case.resident_id == resident.id, Case.closed_at.is_(None))
    )


def invited_at(session: Session, resident: Resident) -> datetime | None:
    """When the newest link was made that nobody used."""
    return session.scalar(
        select(func.max(Invitation.created_at)).where(
            Invitation.resident_id == resident.id, Invitation.used_at.is_(None)
        )
    )


def helper_load(session: Session, actor: Actor) -> dict[int, int]:
    """By helper id, how many hand-overs stand open (offered or accepted)."""
    standing = (
        select(Handover.helper_id, func.count())
        .join(Handover.helper)
        .where(Helper.municipality_id == actor.municipality_id, Handover.state.in_(handovers.OPEN))
        .group_by(Handover.helper_id)
    )
    return {row[0]: row[1] for row in session.execute(standing)}


def next_check_in(session: Session) -> datetime | None:
    """When the first resident is next due."""
    return session.scalar(
        select(func.min(Schedule.next_due_at))
        .join(Schedule.resident)
        .where(Resident.status == ResidentStatus.ACTIVE)
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of the cases of one level: how many, read how soon, and the verdicts on them."""

    level: Level
    closed: int
    median_wait: timedelta
    verdicts: dict[Verdict, int]


def figures(session: Session, actor: Actor, since: datetime) -> list[Figures]:
    """Per level, most urgent first, over the cases closed since a moment (rows R9 and R10).

    The wait runs from the opening of a case to the first time that its conversation was read.
    """
    first_read = (
        select(func.min(AuditEntry.at))
        .where(
            AuditEntry.subject_kind == "case",
            AuditEntry.subject_id == cast(Case.id, String),
            AuditEntry.action == READ,
        )
        .scalar_subquery()
    )
    wait = func.extract("epoch", func.coalesce(first_read, Case.closed_at) - Case.opened_at)
    rows = session.execute(
        select(
            Case.level,
            func.count(),
            func.percentile_cont(0.5).within_group(wait),
            *(func.count().filter(Case.verdict == verdict) for verdict in Verdict),
        )
        .join(Case.resident)
        .where(Resident.municipality_id == actor.municipality_id, Case.closed_at >= since)
        .group_by(Case.level)
    )
    found = [
        Figures(
            level, count, timedelta(seconds=float(median)), dict(zip(Verdict, each, strict=True))
        )
        for level, count, median, *each in rows
    ]
    return sorted(found, key=lambda figure: -figure.level.rank)
