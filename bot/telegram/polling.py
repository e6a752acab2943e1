"""Updates by polling, for installations that cannot be reached from outside: one poller per token.

An offset is acknowledged only after the transaction of every update before it. PTB's own updater
acknowledges when it has put updates in a list in memory, which a crash empties.
"""

import asyncio
import logging
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot, Update
from telegram.error import (
    Conflict,
    EndPointNotFound,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.errors import ConfigurationError
from bot.telegram.gateway import take_in

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
LONGEST_PAUSE_SECONDS = 30.0


async def poll(bot: Bot, sessions: sessionmaker[Session]) -> None:
    """Take updates in, in order, until cancelled. A refused token raises ConfigurationError.

    With the database away, nothing is acknowledged: Telegram keeps the updates.
    """
    offset: int | None = None
    pause = 1.0
    while True:
        try:
            for data in await _get_updates(bot, offset):
                await take_in(bot, sessions, data)
                offset = data["update_id"] + 1
            pause = 1.0
        except TimedOut:
            continue
        except (InvalidToken, EndPointNotFound) as error:
            raise ConfigurationError(
                "Telegram does not accept TELEGRAM_TOKEN. Get the right one from @BotFather."
            ) from error
        except OperationalError as error:
            pause = await _rest(error, pause)
        except TelegramError as error:
            if isinstance(error, Conflict):
                logger.error("another program polls with this token, or a webhook is set")
            pause = await _rest(error, pause)


async def _get_updates(bot: Bot, offset: int | None) -> list[dict[str, Any]]:
    """What waits, as Telegram sends it.

    `Bot.get_updates` reads all of it or nothing: one update that it cannot read would hold up all
    that come after, for everybody, and it logs the words in them. Telegram takes the name of a
    method in any case; in lower case python-telegram-bot does not warn that it has its own.
    """
    asked = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": Update.ALL_TYPES}
    updates: list[dict[str, Any]] = await bot.do_api_request(
        "getupdates", asked, read_timeout=POLL_SECONDS + 10
    )
    return updates


async def _rest(error: Exception, pause: float) -> float:
    """Wait after an error, as long as Telegram asks or twice as long each time."""
    logger.warning("polling: %s", type(error).__name__)
    asked = error.retry_after if isinstance(error, RetryAfter) else 0
    seconds = asked if isinstance(asked, int | float) else asked.total_seconds()
    await asyncio.sleep(max(pause, seconds))
    return min(pause * 2, LONGEST_PAUSE_SECONDS)
