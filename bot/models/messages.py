"""Everything written or sent: messages in and out, what was read in them, buttons, files, mail."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Base, BigId, EncryptedText, text_enum
from bot.models.people import Chat
from bot.understanding.labels import Level, Signal


class TelegramUpdate(Base):
    """An update that was taken in; its id can be taken in once."""

    __tablename__ = "telegram_updates"

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime] = mapped_column(index=True)


class Direction(StrEnum):
    """Whether a message came in or goes out."""

    IN = "in"
    OUT = "out"


class MessageKind(StrEnum):
    """What a message consists of, in Telegram's terms."""

    TEXT = "text"
    BUTTON = "button"
    PHOTO = "photo"
    VOICE = "voice"
    AUDIO = "audio"
    VIDEO = "video"
    VIDEO_NOTE = "video_note"
    ANIMATION = "animation"
    STICKER = "sticker"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"


class Purpose(StrEnum):
    """Why a message goes out; decides the lane it takes."""

    CRISIS = "crisis"
    ALERT = "alert"
    REPLY = "reply"
    HANDOVER = "handover"
    CHECK_IN = "check_in"


class SendState(StrEnum):
    """How far an outgoing message or mail is. `unknown`: maybe sent; never repeated blindly."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Message(Base):
    """One message, stored before anything that can fail (in) or before it is sent (out)."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_chat_timeline", "chat_id", "id"),
        Index(
            "ix_messages_unhandled",
            "chat_id",
            "id",
            postgresql_where=text("direction = 'in' AND handled_at IS NULL"),
        ),
        Index(
            "ix_messages_undelivered",
            "send_state",
            postgresql_where=text("send_state IN ('queued', 'sending')"),
        ),
        Index(
            "uq_messages_telegram",
            "chat_id",
            "telegram_message_id",
            unique=True,
            postgresql_where=text("direction = 'in' AND kind <> 'button' AND edited_at IS NULL"),
        ),
    )

    id: Mapped[BigId]
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    direction: Mapped[Direction] = mapped_column(text_enum(Direction))
    kind: Mapped[MessageKind] = mapped_column(text_enum(MessageKind), default=MessageKind.TEXT)
    text: Mapped[str] = mapped_column(Text, default="")
    telegram_message_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    # in: what was read, and how far the turn is
    sent_by_person_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    payload: Mapped[str | None] = mapped_column(Text)
    intent: Mapped[str | None] = mapped_column(String(60))
    confidence: Mapped[float | None] = mapped_column(Float)
    level: Mapped[Level] = mapped_column(text_enum(Level), default=Level.NONE)
    ask: Mapped[list[str]] = mapped_column(JSONB, default=list)
    turn_started_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]

    # out: why and how far
    purpose: Mapped[Purpose | None] = mapped_column(text_enum(Purpose))
    in_reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    send_state: Mapped[SendState | None] = mapped_column(text_enum(SendState))
    sent_at: Mapped[datetime | None]
    send_error: Mapped[str | None] = mapped_column(String(300))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    silent: Mapped[bool] = mapped_column(Boolean, default=False)

    chat: Mapped[Chat] = relationship()
    findings: Mapped[list["MessageFinding"]] = relationship(order_by="MessageFinding.start")
    buttons: Mapped[list["Button"]] = relationship(
        order_by="Button.position", foreign_keys="Button.message_id"
    )
    attachments: Mapped[list["Attachment"]] = relationship()


class FindingKind(StrEnum):
    """How a span counts: sure, to be asked about, about somebody else, or pressing."""

    SHOWN = "shown"
    DOUBT = "doubt"
    OTHER = "other"
    URGENCY = "urgency"


class MessageFinding(Base):
    """One thing seen in a message, the characters it rests on, and what rule or model saw it."""

    __tablename__ = "message_findings"

    id: Mapped[BigId]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    kind: Mapped[FindingKind] = mapped_column(text_enum(FindingKind), default=FindingKind.SHOWN)
    signal: Mapped[Signal | None] = mapped_column(text_enum(Signal))
    start: Mapped[int]
    end: Mapped[int]
    by: Mapped[str] = mapped_column(String(80))
    score: Mapped[float]


class Button(Base):
    """A button under a message. Telegram carries the token only; the payload stays here."""

    __tablename__ = "buttons"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime | None]


class Attachment(Base):
    """A file or other non-text part of a message, kept as Telegram named it."""

    __tablename__ = "attachments"

    id: Mapped[BigId]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    kind: Mapped[MessageKind] = mapped_column(text_enum(MessageKind))
    telegram_file_id: Mapped[str | None] = mapped_column(String(300))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class Mail(Base):
    """An e-mail to a coordinator: a row first, then sent."""

    __tablename__ = "mails"
    __table_args__ = (
        Index(
            "ix_mails_undelivered",
            "state",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
    )

    id: Mapped[BigId]
    recipient: Mapped[EncryptedText]
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    state: Mapped[SendState] = mapped_column(text_enum(SendState), default=SendState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(300))


class Pace(Base):
    """The next free moment to send with one bot token, shared by all processes."""

    __tablename__ = "paces"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    next_at: Mapped[datetime]
