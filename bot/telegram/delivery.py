"""Sending one queued message: claim, wait for a free moment, send, write down what happened."""

import asyncio
import logging
from datetime import timedelta
from enum import Enum

import httpx
import procrastinate.jobs
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot import clock
from bot.db import persist
from bot.models import Message, Purpose, SendState
from bot.queue import Job, jobs
from bot.services import conversation, messages
from bot.services.messages import Delivery
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
    if isinstance(error, BadRequest | Forbidden | ChatMigrated | Conflict):
        return Fate.REFUSED
    if isinstance(error, InvalidToken):
        return Fate.TRANSIENT
    if isinstance(error, NetworkError):
        # No cause, or an answer that is no JSON: Telegram answered, and it was no success.
        known = error.__cause__ is None or isinstance(
            error.__cause__, (*BEFORE_THE_REQUEST, TelegramError)
        )
        return Fate.TRANSIENT if known else Fate.UNKNOWN
    return Fate.UNKNOWN


def unreachable_reason(error: TelegramError) -> str | None:
    """Why a chat is out of reach for good, or None when the error says nothing of the kind."""
    said = error.message.lower()
    return next((name for words, name in UNREACHABLE.items() if words in said), None)


class Later(Exception):
    """A message was not taken and has to wait."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


class KeepsItsPlace(BaseRetryStrategy):
    """A message that has to wait stays the same job, so that later ones cannot pass it."""

    def get_retry_decision(
        self,
        *,
        exception: BaseException,
        job: procrastinate.jobs.Job,  # noqa: ARG002  (the shape that Procrastinate asks for)
    ) -> RetryDecision | None:
        if not isinstance(exception, Later):
            return None
        return RetryDecision(retry_at=clock.real_now() + exception.delay)


@jobs.task(name=Job.DELIVER.value, pass_context=True, retry=KeepsItsPlace())
async def deliver(context: JobContext, message_id: int) -> None:
    """The job that sends one message."""
    tools = context.additional_context
    await send(tools["bot"], tools["sessions"], tools["settings"], message_id)


async def send(
    bot: Bot, sessions: sessionmaker[Session], settings: Settings, message_id: int
) -> None:
    """Send one message if it is still to be sent. Raises Later when it has to wait."""
    wait, message = await persist(_claim_if_free, sessions, settings, message_id)
    if wait > 0:
        await asyncio.sleep(wait)
        message = await persist(_claim, sessions, message_id)
    if message is None:
        return
    try:
        sent = await bot.send_message(
            chat_id=int(message.chat.telegram_id),
            text=message.text,
            reply_markup=keyboard(message),
            disable_notification=message.silent,
        )
    except TelegramError as error:
        logger.warning("message %d not sent: %s", message.id, type(error).__name__)
        delay = await persist(_failed, sessions, message, error)
        if delay is not None:
            raise Later(delay) from None
    else:
        await persist(_sent, sessions, message_id, sent.message_id)


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


def _claim_if_free(
    sessions: sessionmaker[Session], settings: Settings, message_id: int
) -> tuple[float, Message | None]:
    """The message, claimed; or how many seconds it has to wait within Telegram's limits.

    Its moment is reserved. It is claimed last, to be `sending` for no longer than it has to be.
    """
    with sessions.begin() as session:
        found = messages.to_deliver(session, message_id)
        if found is None:
            return 0.0, None
        real = clock.real_now()
        free_at = messages.reserve_moment(
            session,
            settings.telegram_token.get_secret_value(),
            real,
            settings.telegram_messages_per_second,
        )
        wait = max((free_at - real).total_seconds(), _until_chat_may(settings, found))
        if wait > 0:
            return wait, None
        messages.claim(found.message)
        return 0.0, found.message


def _claim(sessions: sessionmaker[Session], message_id: int) -> Message | None:
    with sessions.begin() as session:
        found = messages.to_deliver(session, message_id)
        if found is None:
            return None
        messages.claim(found.message)
        return found.message


def _until_chat_may(settings: Settings, found: Delivery) -> float:
    """Seconds until the chat may have its next message. A crisis text does not wait for that."""
    if found.last_sent_at is None or found.message.purpose == Purpose.CRISIS:
        return 0.0
    since_last = (clock.now() - found.last_sent_at).total_seconds()
    return max(0.0, settings.telegram_seconds_per_chat - since_last) if since_last >= 0 else 0.0


def _sent(sessions: sessionmaker[Session], message_id: int, telegram_message_id: int) -> None:
    with sessions.begin() as session:
        messages.mark_sent(session, message_id, telegram_message_id, clock.now())


def _failed(
    sessions: sessionmaker[Session], message: Message, error: TelegramError
) -> timedelta | None:
    """Write down what an error means; how long to wait when the message is to be tried again."""
    state, delay = _next_state(fate(error), message, error)
    with sessions.begin() as session:
        failed = messages.mark_not_sent(session, message.id, state, error.message)
        if reason := unreachable_reason(error):
            conversation.unreachable(session, failed.chat, reason, clock.now())
    return delay


def _next_state(
    fate: Fate, message: Message, error: TelegramError
) -> tuple[SendState, timedelta | None]:
    match fate:
        case Fate.THROTTLED:
            return SendState.QUEUED, _retry_after(error)
        case Fate.TRANSIENT if message.attempts < MOST_ATTEMPTS:
            return SendState.QUEUED, timedelta(seconds=2**message.attempts)
        case Fate.UNKNOWN:
            return SendState.UNKNOWN, None
        case _:
            return SendState.FAILED, None


def _retry_after(error: TelegramError) -> timedelta:
    seconds = error.retry_after if isinstance(error, RetryAfter) else 0
    return seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
