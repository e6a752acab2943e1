"""Messages in and out: taken in once and stored first; queued as rows before sending."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased, joinedload

from bot import queue
from bot.db import keyed_hash
from bot.dialogue import Choice
from bot.models import (
    Attachment,
    Button,
    Chat,
    Direction,
    FindingKind,
    Message,
    MessageFinding,
    MessageKind,
    Pace,
    Purpose,
    SendState,
    TelegramUpdate,
)
from bot.understanding import Finding, Level, Reading

PRIORITY = {
    Purpose.CRISIS: queue.CRISIS,
    Purpose.ALERT: queue.CRISIS,
    Purpose.REPLY: queue.REPLY,
    Purpose.HANDOVER: queue.REPLY,
    Purpose.CHECK_IN: queue.CHECK_IN,
}

WITH_RESIDENT = joinedload(Message.chat, innerjoin=True).joinedload(Chat.resident)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a person did on Telegram, in our words. `edited_at` is set for a changed message."""

    telegram_id: int
    telegram_message_id: int | None
    kind: MessageKind = MessageKind.TEXT
    text: str = ""
    sent_at: datetime | None = None
    edited_at: datetime | None = None
    button_token: str | None = None
    file_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def take_update(session: Session, update_id: int, now: datetime) -> bool:
    """True the first time an update id is seen, for all processes together; False for a repeat."""
    taken = session.scalar(
        insert(TelegramUpdate)
        .values(update_id=update_id, received_at=now)
        .on_conflict_do_nothing()
        .returning(TelegramUpdate.update_id)
    )
    return taken is not None


def chat_of(session: Session, telegram_id: int, now: datetime) -> Chat:
    """The chat of a Telegram id with its resident, made at first sight."""
    hashed = _hash_of(telegram_id)
    known = select(Chat).where(Chat.telegram_id_hash == hashed).options(joinedload(Chat.resident))
    if chat := session.scalar(known):
        return chat
    session.execute(
        insert(Chat)
        .values(telegram_id=str(telegram_id), telegram_id_hash=hashed, created_at=now)
        .on_conflict_do_nothing()
    )
    return session.scalars(known).one()


def _hash_of(telegram_id: int) -> str:
    return keyed_hash(f"telegram:{telegram_id}")


def record_inbound(
    session: Session, chat: Chat, incoming: Incoming, reading: Reading, now: datetime
) -> Message | None:
    """Store what came in with what was read in it; None when it was stored before."""
    row = insert(Message).values(
        chat_id=chat.id,
        direction=Direction.IN,
        kind=incoming.kind,
        text=incoming.text.replace("\x00", ""),
        telegram_message_id=incoming.telegram_message_id,
        sent_by_person_at=incoming.sent_at,
        edited_at=incoming.edited_at,
        created_at=now,
        level=reading.level,
        ask=[str(signal) for signal in reading.ask],
    )
    message: Message | None = session.scalar(row.on_conflict_do_nothing().returning(Message))
    if message is None:
        return None
    keep_findings(message, reading)
    if incoming.file_id or incoming.details:
        message.attachments = [
            Attachment(
                kind=incoming.kind, telegram_file_id=incoming.file_id, details=incoming.details
            )
        ]
    return message


def keep_findings(message: Message, reading: Reading) -> None:
    """Add what a reading rests on to a message, unless it stands there already (row R8).

    Pressing words count only where they make a message urgent.
    """
    pressing = reading.urgency if reading.level == Level.URGENT else ()
    seen = (
        (FindingKind.SHOWN, reading.findings),
        (FindingKind.DOUBT, reading.doubts),
        (FindingKind.OTHER, reading.third_party),
        (FindingKind.URGENCY, pressing),
    )
    if not any(spans for _, spans in seen):
        return
    known = {(found.kind, found.signal, found.start, found.end) for found in message.findings}
    for kind, spans in seen:
        for span in spans:
            signal = span.signal if isinstance(span, Finding) else None
            score = span.score if isinstance(span, Finding) else 1.0
            if (kind, signal, span.start, span.end) not in known:
                message.findings.append(
                    MessageFinding(
                        kind=kind,
                        signal=signal,
                        start=span.start,
                        end=span.end,
                        by=span.by,
                        score=score,
                    )
                )


def queue_message(
    session: Session,
    chat: Chat,
    text: str,
    purpose: Purpose,
    now: datetime,
    *,
    choices: Sequence[Choice] = (),
    reply_to: Message | None = None,
) -> Message:
    """Put a message to a person in a row, and the job that sends it in the queue."""
    message = Message(
        chat_id=chat.id,
        direction=Direction.OUT,
        text=text,
        purpose=purpose,
        send_state=SendState.QUEUED,
        created_at=now,
        in_reply_to_id=reply_to.id if reply_to else None,
    )
    message.buttons = [
        Button(
            token=secrets.token_urlsafe(12),
            position=position,
            label=choice.label,
            payload=choice.payload,
        )
        for position, choice in enumerate(choices)
    ]
    session.add(message)
    session.flush()
    defer_delivery(session, message)
    return message


def defer_delivery(session: Session, message: Message) -> None:
    """Have a queued message sent; messages to one chat go out one by one, in order."""
    assert message.purpose is not None
    queue.defer(
        session,
        queue.Job.DELIVER,
        lock=f"chat:{message.chat_id}",
        priority=PRIORITY[message.purpose],
        message_id=message.id,
    )


def press(session: Session, chat: Chat, token: str, now: datetime) -> Button | None:
    """The button behind a token, once: None for one that was used, is another's, or never was.

    Using one button uses up all buttons of its message.
    """
    button = session.get(Button, token)
    if button is None:
        return None
    # The message is what is locked: two buttons of it, pressed at once, would wait for each other.
    message = session.get_one(Message, button.message_id, with_for_update=True)
    session.refresh(button)
    if button.used_at is not None or message.chat_id != chat.id:
        return None
    session.execute(update(Button).where(Button.message_id == message.id).values(used_at=now))
    return button


def typed_button(session: Session, chat: Chat, text: str) -> Button | None:
    """The still open button of the last message whose label somebody typed instead of tapping."""
    last = (
        select(Message.id)
        .where(Message.chat_id == chat.id, Message.direction == Direction.OUT)
        .order_by(Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    if not (said := _bare(text)):
        return None
    open_buttons = select(Button).where(Button.message_id == last, Button.used_at.is_(None))
    return next((b for b in session.scalars(open_buttons) if _bare(b.label) == said), None)


def _bare(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to send, with its chat and buttons, and when something last reached that chat."""

    message: Message
    last_sent_at: datetime | None


def to_deliver(session: Session, message_id: int) -> Delivery | None:
    """The message if it may be sent, locked; else None.

    A message found in `sending` was in the air when its worker died: it becomes `unknown`, for
    sending it again could double it. Only a crisis text goes again: twice does no harm, never does.
    """
    earlier = aliased(Message)
    last_sent_at = (
        select(earlier.sent_at)
        .where(earlier.chat_id == Message.chat_id, earlier.sent_at.is_not(None))
        .order_by(earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(Message, last_sent_at)
        .where(
            Message.id == message_id,
            Message.send_state.in_((SendState.QUEUED, SendState.SENDING)),
        )
        .options(joinedload(Message.chat, innerjoin=True), joinedload(Message.buttons))
        .with_for_update(of=Message)
    )
    row = session.execute(found).unique().one_or_none()
    if row is None:
        return None
    message: Message = row[0]
    if message.send_state == SendState.SENDING and message.purpose != Purpose.CRISIS:
        message.send_state = SendState.UNKNOWN
        message.send_error = "the sender stopped before Telegram answered"
        return None
    return Delivery(message, row[1])


def claim(message: Message) -> None:
    """From here on the message may be in the air."""
    message.send_state = SendState.SENDING
    message.attempts += 1


def mark_sent(session: Session, message_id: int, telegram_message_id: int, now: datetime) -> None:
    """Telegram took it."""
    session.execute(
        update(Message)
        .where(Message.id == message_id)
        .values(
            send_state=SendState.SENT,
            sent_at=now,
            telegram_message_id=telegram_message_id,
            send_error=None,
        )
    )


def mark_not_sent(session: Session, message_id: int, state: SendState, error: str) -> Message:
    """It did not go out: refused for good (`failed`), still to go (`queued`), or `unknown`."""
    message = session.get_one(Message, message_id, with_for_update=True)
    message.send_state, message.send_error = state, error[:300]
    return message


def reserve_moment(session: Session, token: str, now: datetime, per_second: float) -> datetime:
    """The moment at which the caller may send with this bot token; nobody else gets that moment."""
    hashed = keyed_hash(f"pace:{token}")
    step = timedelta(seconds=1 / per_second)
    row = insert(Pace).values(token_hash=hashed, next_at=now + step)
    later = row.on_conflict_do_update(
        index_elements=[Pace.token_hash],
        set_={"next_at": func.greatest(Pace.next_at, now) + step},
    ).returning(Pace.next_at)
    next_at = session.scalars(later).one()
    return next_at - step


def latest_inbound(session: Session, chat: Chat, count: int) -> list[Message]:
    """The last messages that came in, newest first."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.chat_id == chat.id, Message.direction == Direction.IN)
            .order_by(Message.id.desc())
            .limit(count)
        )
    )


def unhandled(session: Session, message_id: int) -> list[Message]:
    """What came in with or around a message and had no turn yet, oldest first.

    With its chat and resident.
    """
    chat_id = select(Message.chat_id).where(Message.id == message_id).scalar_subquery()
    waiting = select(Message).where(
        Message.chat_id == chat_id,
        Message.direction == Direction.IN,
        Message.handled_at.is_(None),
    )
    return list(session.scalars(waiting.order_by(Message.id).options(WITH_RESIDENT)))


def has_unhandled(session: Session, telegram_id: int) -> bool:
    """Whether something that came in from this chat had no turn yet."""
    waiting = exists().where(
        Message.chat_id == Chat.id,
        Chat.telegram_id_hash == _hash_of(telegram_id),
        Message.direction == Direction.IN,
        Message.handled_at.is_(None),
    )
    return bool(session.scalar(select(waiting)))


def lock(session: Session, message_ids: Sequence[int]) -> list[Message]:
    """These messages, oldest first; nobody else changes them until the commit.

    With their chat and resident.
    """
    found = (
        select(Message)
        .where(Message.id.in_(message_ids))
        .options(WITH_RESIDENT)
        .order_by(Message.id)
        .with_for_update(of=Message)
    )
    return list(session.scalars(found))


def settle(session: Session, message: Message, now: datetime) -> None:
    """Nothing that came in from this message's chat needs a turn any more."""
    for each in unhandled(session, message.id):
        each.handled_at = now
