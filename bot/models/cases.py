"""Cases: what a person has to look at, the hand-over to a helper, and notes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId, text_enum
from bot.models.messages import Message
from bot.models.people import Coordinator, Helper, Resident
from bot.understanding.labels import Level


class CaseReason(StrEnum):
    """Why a case was opened or raised."""

    SIGNALS = "signals"
    ASK_HUMAN = "ask_human"
    ASK_ACTIVITY = "ask_activity"
    ASK_PRACTICAL_HELP = "ask_practical_help"
    CHANGE_SCHEDULE = "change_schedule"
    DELETE_DATA = "delete_data"
    OFFER_VOLUNTEERING = "offer_volunteering"
    COMPLAIN = "complain"
    REPORT_OTHER = "report_other"
    UNANSWERED = "unanswered"
    BLOCKED = "blocked"
    SILENCE = "silence"
    MEDIA = "media"


class CaseState(StrEnum):
    """How far a case is."""

    OPEN = "open"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What came of a case."""

    SPOKEN = "spoken"
    VISITED = "visited"
    NO_ANSWER = "no_answer"
    REFERRED = "referred"
    NO_ACTION = "no_action"


class Verdict(StrEnum):
    """What the coordinator finds of the level that Praatje gave."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_LOW = "too_low"


class Case(Base):
    """Something about one resident that a person has to look at; one open at a time."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "uq_cases_one_open",
            "resident_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[BigId]
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), index=True)
    level: Mapped[Level] = mapped_column(text_enum(Level))
    state: Mapped[CaseState] = mapped_column(text_enum(CaseState), default=CaseState.OPEN)
    opened_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("coordinators.id"))
    outcome: Mapped[Outcome | None] = mapped_column(text_enum(Outcome))
    verdict: Mapped[Verdict | None] = mapped_column(text_enum(Verdict))

    resident: Mapped[Resident] = relationship()
    causes: Mapped[list["CaseCause"]] = relationship(order_by="CaseCause.id")
    notes: Mapped[list["CaseNote"]] = relationship(order_by="CaseNote.id")
    handovers: Mapped[list["Handover"]] = relationship(
        order_by="Handover.id", back_populates="case"
    )


class CaseCause(Base):
    """One reason why a case stands open, with the message behind it if there is one."""

    __tablename__ = "case_causes"
    __table_args__ = (UniqueConstraint("case_id", "reason", "message_id"),)

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    reason: Mapped[CaseReason] = mapped_column(text_enum(CaseReason))
    level: Mapped[Level] = mapped_column(text_enum(Level))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    created_at: Mapped[datetime]

    message: Mapped[Message | None] = relationship()


class CaseNote(Base):
    """What a coordinator or helper wrote down in a case; residents never see it."""

    __tablename__ = "case_notes"

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("coordinators.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    coordinator: Mapped[Coordinator] = relationship()


class HandoverState(StrEnum):
    """How far a hand-over is."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Handover(Base):
    """A case offered to one helper. At most one stands open per case."""

    __tablename__ = "handovers"
    __table_args__ = (
        Index(
            "uq_handovers_one_open",
            "case_id",
            unique=True,
            postgresql_where=text("state IN ('offered', 'accepted')"),
        ),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    helper_id: Mapped[int] = mapped_column(ForeignKey("helpers.id"), index=True)
    offered_by_id: Mapped[int] = mapped_column(ForeignKey("coordinators.id"))
    state: Mapped[HandoverState] = mapped_column(
        text_enum(HandoverState), default=HandoverState.OFFERED
    )
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    resident_told: Mapped[bool] = mapped_column(Boolean, default=False)
    goal: Mapped[str | None] = mapped_column(String(200))

    case: Mapped[Case] = relationship(back_populates="handovers")
    helper: Mapped[Helper] = relationship()
