"""When a resident is asked, and what came of it."""

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, SMALLINT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId, text_enum
from bot.models.people import Resident


class Schedule(Base):
    """The days and the wall-clock time at which a resident is asked; `next_due_at` is when next."""

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_due", "next_due_at", postgresql_where=text("next_due_at IS NOT NULL")),
    )

    id: Mapped[BigId]
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), unique=True)
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SMALLINT))
    at_time: Mapped[time]
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Amsterdam")
    next_due_at: Mapped[datetime | None]

    resident: Mapped[Resident] = relationship(back_populates="schedule")


class CheckInState(StrEnum):
    """How a check-in went. `not_asked`: ours to blame, never the resident's."""

    DUE = "due"
    SENT = "sent"
    ANSWERED = "answered"
    COMPLETED = "completed"
    MISSED = "missed"
    NOT_ASKED = "not_asked"


OPEN_STATES = (CheckInState.DUE, CheckInState.SENT, CheckInState.ANSWERED)


class CheckIn(Base):
    """One time that a resident was, or should have been, asked how they are."""

    __tablename__ = "check_ins"
    __table_args__ = (
        UniqueConstraint("resident_id", "due_at"),
        Index(
            "uq_check_ins_open",
            "resident_id",
            unique=True,
            postgresql_where=text("state IN ('due', 'sent', 'answered')"),
        ),
        Index(
            "ix_check_ins_next_step",
            "next_step_at",
            postgresql_where=text("next_step_at IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), index=True)
    due_at: Mapped[datetime]
    state: Mapped[CheckInState] = mapped_column(text_enum(CheckInState), default=CheckInState.DUE)
    state_reason: Mapped[str | None] = mapped_column(String(200))
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    next_step_at: Mapped[datetime | None]

    resident: Mapped[Resident] = relationship()
    answers: Mapped[list["Answer"]] = relationship(order_by="Answer.id")


class Answer(Base):
    """What a resident said to one question of a check-in; the words stand in the message."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("check_in_id", "question"),)

    id: Mapped[BigId]
    check_in_id: Mapped[int] = mapped_column(ForeignKey("check_ins.id"))
    question: Mapped[str] = mapped_column(String(60))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    created_at: Mapped[datetime]
