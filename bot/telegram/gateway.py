"""One update, whichever way it came: first the transaction, then courtesies to Telegram."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot, BotCommand, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from bot.errors import ConfigurationError
from bot.services.texts import render
from bot.settings import Settings, get_settings
from bot.telegram import inbound

logger = logging.getLogger(__name__)

COMMANDS = (
    BotCommand("help", "wat Praatje doet"),
    BotCommand("mens", "praten met een mens"),
    BotCommand("pauze", "een tijdje geen vragen"),
    BotCommand("stop", "helemaal stoppen"),
    BotCommand("privacy", "wat er met uw woorden gebeurt"),
)

TYPING_SECONDS = 4.0
"""Telegram shows "typing" for five seconds."""
SLOW_SECONDS = 1.0
MOST_TYPING = 10

_courtesies: set[asyncio.Task[None]] = set()


def make_bot(settings: Settings) -> Bot:
    """The bot of this installation; nothing connects yet. Raises ConfigurationError."""
    token = settings.telegram_token.get_secret_value()
    if not token:
        raise ConfigurationError(
            "TELEGRAM_TOKEN is missing. Get one from @BotFather, or use `praatje demo`."
        )
    base = str(settings.telegram_api_url).rstrip("/")
    return Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=HTTPXRequest(connection_pool_size=32, read_timeout=15, connect_timeout=5),
    )


async def take_in(bot: Bot, sessions: sessionmaker[Session], data: Any) -> None:
    """Store an update and all that follows from it at once; when this returns, nothing is lost.

    What cannot be read or kept is left alone: Telegram would send it over and over, and nothing
    after it would come through (row T9).
    """
    try:
        update = Update.de_json(data, bot)
    except (ValueError, KeyError, TypeError, AttributeError):
        logger.warning("an update that cannot be read was left alone")
        return
    try:
        fresh = await asyncio.to_thread(inbound.receive, sessions, update)
    except DataError:
        logger.exception(
            "update %d, which the database cannot keep, was left alone", update.update_id
        )
        return
    if fresh:
        task = asyncio.create_task(_be_courteous(bot, sessions, update))
        _courtesies.add(task)
        task.add_done_callback(_courtesies.discard)


async def _be_courteous(bot: Bot, sessions: sessionmaker[Session], update: Update) -> None:
    """What may fail without harm: stop a button's spinner, show "typing", leave a group."""
    with suppress(TelegramError, OperationalError):
        if (group := inbound.group_of(update)) is not None:
            await _leave(bot, group)
        elif query := update.callback_query:
            with suppress(BadRequest):  # too old to answer, which does not keep its keyboard
                await bot.answer_callback_query(query.id)
            if query.message is not None:
                await bot.edit_message_reply_markup(
                    query.from_user.id, query.message.message_id, reply_markup=None
                )
        elif update.message is not None:
            await _show_typing(bot, sessions, update.message.chat.id)


async def _show_typing(bot: Bot, sessions: sessionmaker[Session], chat_id: int) -> None:
    """Show "typing" until the answer is there; not for an answer that comes at once."""
    if get_settings().burst_seconds < SLOW_SECONDS:
        await asyncio.sleep(SLOW_SECONDS)
    for _ in range(MOST_TYPING):
        if not await asyncio.to_thread(inbound.waits_for_answer, sessions, chat_id):
            return
        await bot.send_chat_action(chat_id, ChatAction.TYPING)
        await asyncio.sleep(TYPING_SECONDS)


async def _leave(bot: Bot, group: int) -> None:
    with suppress(TelegramError):
        await bot.send_message(group, render("always.group"))
    await bot.leave_chat(group)
