"""From an update of Telegram to our words, and the first transaction of a turn."""

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session, sessionmaker
from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update
from telegram.constants import ChatType

from bot import clock
from bot.models import MessageKind
from bot.services import conversation, messages
from bot.services.messages import Incoming
from bot.understanding import read

logger = logging.getLogger(__name__)

FILES = ("voice", "audio", "video", "video_note", "animation", "sticker", "document")
GONE = (ChatMember.BANNED, ChatMember.LEFT)


def receive(sessions: sessionmaker[Session], update: Update) -> bool:
    """Take in one update in one transaction; False when it was taken in before.

    What a person wrote is stored when this returns. An update of a kind that we do not know is
    taken in and left alone, so that Telegram does not send it again (row T9).
    """
    now = clock.now()
    incoming = _incoming(update)
    reading = read(incoming.text if incoming else "")
    with sessions.begin() as session:
        if not messages.take_update(session, update.update_id, now):
            return False
        if incoming is not None:
            conversation.receive(session, incoming, reading, now)
        elif update.my_chat_member and _private(update.my_chat_member):
            change = update.my_chat_member
            blocked = change.new_chat_member.status in GONE
            conversation.chat_changed(session, change.chat.id, blocked, now)
    return True


def waits_for_answer(sessions: sessionmaker[Session], telegram_id: int) -> bool:
    """Whether something that came in from a chat had no turn yet."""
    with sessions.begin() as session:
        return messages.has_unhandled(session, telegram_id)


def group_of(update: Update) -> int | None:
    """The id of the group chat an update comes from: Praatje talks with one person at a time."""
    chat = update.effective_chat
    return chat.id if chat is not None and chat.type != ChatType.PRIVATE else None


def _private(change: ChatMemberUpdated) -> bool:
    return change.chat.type == ChatType.PRIVATE


def _incoming(update: Update) -> Incoming | None:
    if group_of(update) is not None:
        return None
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.message is not None:
        return _written(update.message)
    if update.edited_message is not None:
        return _written(update.edited_message)
    return None


def _pressed(query: CallbackQuery) -> Incoming:
    """A button press. Its data may be anything: whoever writes their own app can send any bytes."""
    return Incoming(
        telegram_id=query.from_user.id,
        telegram_message_id=query.message.message_id if query.message else None,
        kind=MessageKind.BUTTON,
        button_token=(query.data or "").replace("\x00", ""),
    )


def _written(message: Message) -> Incoming:
    kind, file_id, details = _content(message)
    return Incoming(
        telegram_id=message.chat.id,
        telegram_message_id=message.message_id,
        kind=kind,
        text=message.text or message.caption or "",
        sent_at=message.date,
        edited_at=message.edit_date,
        file_id=file_id,
        details=details,
    )


def _content(message: Message) -> tuple[MessageKind, str | None, dict[str, Any]]:
    """The kind of a message, the file in it if any, and what else is worth keeping."""
    if message.text is not None:
        return MessageKind.TEXT, None, {}
    if message.photo:
        return MessageKind.PHOTO, message.photo[-1].file_id, {"size": message.photo[-1].file_size}
    for name in FILES:
        if (file := getattr(message, name)) is not None:
            details = {
                "mime_type": getattr(file, "mime_type", None),
                "size": getattr(file, "file_size", None),
                "seconds": _seconds(file),
            }
            return MessageKind(name), file.file_id, details
    if message.location is not None:
        place = message.location
        return MessageKind.LOCATION, None, {"at": [place.latitude, place.longitude]}
    if message.contact is not None:
        return MessageKind.CONTACT, None, {}
    return MessageKind.OTHER, None, {}


def _seconds(file: Any) -> float | None:
    duration = getattr(file, "duration", None)
    return duration.total_seconds() if isinstance(duration, timedelta) else duration
