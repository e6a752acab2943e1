"""Municipalities and the people in them: residents, coordinators, helpers, their chats."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId, EncryptedText, UuidId, text_enum

if TYPE_CHECKING:
    from bot.models.check_ins import Schedule


class Municipality(Base):
    """A municipality: who works and lives in one never sees anything of another."""

    __tablename__ = "municipalities"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Amsterdam")


class Chat(Base):
    """The private Telegram chat of one person, known from the first message on."""

    __tablename__ = "chats"

    id: Mapped[BigId]
    telegram_id: Mapped[EncryptedText]
    telegram_id_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    unreachable_reason: Mapped[str | None] = mapped_column(String(40))

    resident: Mapped["Resident | None"] = relationship(viewonly=True)
    """Whoever writes from here, when that is a resident; as it was when the chat was loaded."""


class AddressForm(StrEnum):
    """How a resident is spoken to."""

    U = "u"
    JE = "je"


class ResidentStatus(StrEnum):
    """Where a resident stands; only `active` ones are asked how they are.

    A `stranger` never enrolled, but wrote something that a person has to look at.
    """

    STRANGER = "stranger"
    INVITED = "invited"
    OPENED = "opened"
    ACTIVE = "active"
    PAUSED = "paused"
    REFUSED = "refused"
    STOPPED = "stopped"


class Resident(Base):
    """Somebody who is, or may be, asked how they are."""

    __tablename__ = "residents"

    id: Mapped[UuidId]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipalities.id"), index=True)
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"), unique=True)
    name: Mapped[EncryptedText]
    call_name: Mapped[EncryptedText | None]
    phone: Mapped[EncryptedText | None]
    address_form: Mapped[AddressForm] = mapped_column(text_enum(AddressForm), default=AddressForm.U)
    status: Mapped[ResidentStatus] = mapped_column(
        text_enum(ResidentStatus), default=ResidentStatus.INVITED
    )
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(String(200))

    municipality: Mapped[Municipality] = relationship()
    chat: Mapped[Chat | None] = relationship()
    schedule: Mapped["Schedule"] = relationship(back_populates="resident")


class Invitation(Base):
    """A link `t.me/bot?start=TOKEN` that works once, for one resident, helper or coordinator."""

    __tablename__ = "invitations"

    id: Mapped[BigId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"), index=True)
    helper_id: Mapped[int | None] = mapped_column(ForeignKey("helpers.id"))
    coordinator_id: Mapped[int | None] = mapped_column(ForeignKey("coordinators.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))


class Consent(Base):
    """One yes or no of a resident, to one version of one text, with the message that said so."""

    __tablename__ = "consents"

    id: Mapped[BigId]
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    given: Mapped[bool]
    at: Mapped[datetime]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))


class Coordinator(Base):
    """Somebody of the municipality who reviews conversations in the console."""

    __tablename__ = "coordinators"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipalities.id"), index=True)
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    name: Mapped[EncryptedText]
    email: Mapped[EncryptedText]
    email_hash: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]

    municipality: Mapped[Municipality] = relationship()
    chat: Mapped[Chat | None] = relationship()


class HelperKind(StrEnum):
    """Whether a helper does this as a volunteer or by profession."""

    VOLUNTEER = "volunteer"
    PROFESSIONAL = "professional"


class Helper(Base):
    """A volunteer or professional to whom a case can be handed over."""

    __tablename__ = "helpers"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipalities.id"), index=True)
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    name: Mapped[EncryptedText]
    phone: Mapped[EncryptedText | None]
    kind: Mapped[HelperKind] = mapped_column(text_enum(HelperKind), default=HelperKind.VOLUNTEER)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime]

    chat: Mapped[Chat | None] = relationship()
