"""Who is logged in to the console, failed log-ins, and the audit trail."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId, text_enum
from bot.models.people import Coordinator


class ConsoleSession(Base):
    """A log-in; the cookie holds the token, the row its keyed hash."""

    __tablename__ = "console_sessions"

    id: Mapped[BigId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("coordinators.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    coordinator: Mapped[Coordinator] = relationship()


class FailedLogin(Base):
    """A log-in that failed, by keyed hash of address and of account, to slow down guessing."""

    __tablename__ = "failed_logins"

    id: Mapped[BigId]
    key_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_failed_logins_key", "key_hash", "at"),)


class ActorKind(StrEnum):
    """Who did something."""

    SYSTEM = "system"
    RESIDENT = "resident"
    HELPER = "helper"
    COORDINATOR = "coordinator"
    OPERATOR = "operator"


class AuditEntry(Base):
    """Who did or read what, and when: written in the transaction of the change itself."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id"),)

    id: Mapped[BigId]
    at: Mapped[datetime]
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipalities.id"))
    actor_kind: Mapped[ActorKind] = mapped_column(text_enum(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(40))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
