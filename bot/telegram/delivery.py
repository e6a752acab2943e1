"""Sending one queued message: claim, wait for a free moment, send, write down what happened."""

import asyncio
import logging
from datetime import timedelta
from enum import Enum

import httpx
from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot import clock
from bot.models import Message, SendState
from bot.queue import Job, jobs
from bot.services import conversation, messages
from bot.settings import Settings

logger = logging.getLogger(__name__)

UNREACHABLE = {
    "bot was blocked by the user": "blocked",
    "user is deactivated": "deactivated",
    "bot can't initiate conversation with a user": "never_started",
    "bot was kicked": "kicked",
    "chat not found": "not_found",
}
"""Telegram's own words for a chat that takes nothing any more, and what we call it (row T5)."""

MOST_ATTEMPTS = 8
BEFORE_THE_REQUEST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Fate(Enum):
    """What an error of Telegram means for the message."""

    GONE = "the chat takes nothing any more"
    REFUSED = "this message will never be taken"
    THROTTLED = "wait as long as Telegram says, then again"
    TRANSIENT = "not taken: again in a while"
    UNKNOWN = "perhaps taken: never again"


def fate(error: TelegramError) -> Fate:
    """Which of the five an error is; what may have been delivered is never repeated."""
    if isinstance(error, RetryAfter):
        return Fate.THROTTLED
    if unreachable_reason(error):
        return Fate.GONE
    if isinstance(error, BadRequest | Forbidden | ChatMigrated):
        return Fate.REFUSED
    if isinstance(error, InvalidToken):
        return Fate.TRANSIENT
    if isinstance(error, NetworkError):
        cause = error.__cause__
        in_the_air = isinstance(cause, httpx.HTTPError) and not isinstance(
            cause, BEFORE_THE_REQUEST
        )
        return Fate.UNKNOWN if in_the_air else Fate.TRANSIENT
    return Fate.REFUSED


def unreachable_reason(error: TelegramError) -> str | None:
    """Why a chat is out of reach for good, or None when the error says nothing of the kind."""
    said = error.message.lower()
    return next((name for words, name in UNREACHABLE.items() if words in said), None)


@jobs.task(name=Job.DELIVER.value, pass_context=True)
async def deliver(context: JobContext, message_id: int) -> None:
    """The job that sends one message."""
    tools = context.additional_context
    await send(tools["bot"], tools["sessions"], tools["settings"], message_id)


async def send(
    bot: Bot, sessions: sessionmaker[Session], settings: Settings, message_id: int
) -> None:
    """Send one message if it is still to be sent. Never raises for what Telegram answers."""
    claimed = await asyncio.to_thread(_claim, sessions, settings, message_id)
    if claimed is None:
        return
    message, wait = claimed
    if wait > 0:
        await asyncio.sleep(wait)
    try:
        sent = await bot.send_message(
            chat_id=int(message.chat.telegram_id),
            text=message.text,
            reply_markup=keyboard(message),
            disable_notification=message.silent,
        )
    except TelegramError as error:
        logger.warning("message %d not sent: %s", message.id, type(error).__name__)
        await asyncio.to_thread(_failed, sessions, message, error)
    else:
        await asyncio.to_thread(_sent, sessions, message_id, sent.message_id)


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """One big button per row; Telegram carries the token only."""
    if not message.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.token)]
            for button in message.buttons
        ]
    )


def _claim(
    sessions: sessionmaker[Session], settings: Settings, message_id: int
) -> tuple[Message, float] | None:
    """The message and how many seconds to wait before sending it, within Telegram's limits."""
    with sessions.begin() as session:
        message = messages.claim_delivery(session, message_id)
        if message is None:
            return None
        _ = message.chat, message.buttons  # loaded here: the session closes before the send
        last = messages.last_sent_at(session, message.chat_id)
        real = clock.real_now()
        free_at = messages.reserve_moment(
            session,
            settings.telegram_token.get_secret_value(),
            real,
            settings.telegram_messages_per_second,
        )
    wait = (free_at - real).total_seconds()
    since_last = (clock.now() - last).total_seconds() if last else -1.0
    if 0 <= since_last < settings.telegram_seconds_per_chat:
        wait = max(wait, settings.telegram_seconds_per_chat - since_last)
    return message, wait


def _sent(sessions: sessionmaker[Session], message_id: int, telegram_message_id: int) -> None:
    with sessions.begin() as session:
        messages.mark_sent(session, message_id, telegram_message_id, clock.now())


def _failed(sessions: sessionmaker[Session], message: Message, error: TelegramError) -> None:
    with sessions.begin() as session:
        match fate(error):
            case Fate.GONE:
                failed = messages.mark_failed(session, message.id, SendState.FAILED, error.message)
                reason = unreachable_reason(error) or "unknown"
                conversation.unreachable(session, failed.chat, reason, clock.now())
            case Fate.THROTTLED:
                delay = _retry_after(error)
                messages.mark_later(session, message.id, delay, error.message)
            case Fate.TRANSIENT if message.attempts < MOST_ATTEMPTS:
                delay = timedelta(seconds=2**message.attempts)
                messages.mark_later(session, message.id, delay, error.message)
            case Fate.UNKNOWN:
                messages.mark_failed(session, message.id, SendState.UNKNOWN, error.message)
            case _:
                messages.mark_failed(session, message.id, SendState.FAILED, error.message)


def _retry_after(error: TelegramError) -> timedelta:
    seconds = error.retry_after if isinstance(error, RetryAfter) else 0
    return seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
