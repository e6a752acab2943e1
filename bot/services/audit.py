"""The audit trail: who did or read what, written in the transaction of the change itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.models import ActorKind, AuditEntry, Coordinator, Helper, Resident


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: kind, id in its table, and the municipality that bounds what may be seen."""

    kind: ActorKind
    id: str | None = None
    municipality_id: int | None = None

    @classmethod
    def of(cls, person: Resident | Coordinator | Helper) -> "Actor":
        kinds = {
            Resident: ActorKind.RESIDENT,
            Coordinator: ActorKind.COORDINATOR,
            Helper: ActorKind.HELPER,
        }
        return cls(kinds[type(person)], str(person.id), person.municipality_id)


SYSTEM = Actor(ActorKind.SYSTEM)
OPERATOR = Actor(ActorKind.OPERATOR)


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: Any,
    now: datetime,
    municipality_id: int | None = None,
    **details: Any,
) -> None:
    """Write down `action` (such as "case.closed") on a row that has an id. No message text."""
    session.add(
        AuditEntry(
            at=now,
            municipality_id=municipality_id or actor.municipality_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            action=action,
            subject_kind=type(subject).__name__.lower(),
            subject_id=str(subject.id),
            details=details,
        )
    )
