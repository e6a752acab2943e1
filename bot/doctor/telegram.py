"""Telegram: whether it takes the token, and how updates come in."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot import clock
from bot.doctor.finding import Finding
from bot.settings import Settings, TelegramMode
from bot.telegram.gateway import make_bot
from bot.telegram.webhook import PATH

MOST_PENDING = 100
RECENT = timedelta(hours=1)


def look(settings: Settings) -> list[Finding]:
    """The token and the way in. Without a token there is nothing to ask Telegram."""
    if not settings.telegram_token.get_secret_value():
        return []
    return asyncio.run(_look(settings))


async def _look(settings: Settings) -> list[Finding]:
    bot = make_bot(settings)
    try:
        async with bot:
            info = await bot.get_webhook_info()
            return [_who(bot, settings), *_way_in(info, settings)]
    except InvalidToken:
        says = "Telegram does not take TELEGRAM_TOKEN. Get the right one from @BotFather."
        return [Finding(False, "Telegram", says)]
    except TelegramError as error:
        says = f"cannot be asked at {settings.telegram_api_url} ({error}). Look at the network."
        return [Finding(False, "Telegram", says)]


def _who(bot: Bot, settings: Settings) -> Finding:
    named = settings.telegram_bot_username
    if named and named.casefold() != bot.username.casefold():
        says = f"the token is of @{bot.username}, TELEGRAM_BOT_USERNAME says @{named}. Correct it."
        return Finding(False, "Telegram", says)
    return Finding(True, "Telegram", f"takes the token, of @{bot.username}")


def _way_in(info: WebhookInfo, settings: Settings) -> list[Finding]:
    if settings.telegram_mode == TelegramMode.POLLING:
        waiting = f"polling; {info.pending_update_count} updates wait"
        if info.url:
            says = f"{waiting}. The webhook at {info.url} ends when Praatje starts"
            return [Finding(True, "updates", says)]
        return [Finding(True, "updates", waiting)]
    faults = list(_webhook_faults(info, settings))
    return faults or [
        Finding(True, "webhook", f"{info.url}; {info.pending_update_count} updates wait")
    ]


def _webhook_faults(info: WebhookInfo, settings: Settings) -> Iterator[Finding]:
    wanted = settings.telegram_webhook_url.rstrip("/") + PATH
    if info.url != wanted:
        says = f"Telegram sends to {info.url or 'nowhere'}, not to {wanted}. Start the gateway."
        yield Finding(False, "webhook", says)
    failed_at = info.last_error_date
    if failed_at is not None and clock.real_now() - failed_at < RECENT:
        says = f"failed at {failed_at:%H:%M} UTC: {info.last_error_message}. Look at the proxy."
        yield Finding(False, "webhook", says)
    if info.pending_update_count > MOST_PENDING:
        says = f"{info.pending_update_count} updates wait. Look whether the gateway runs."
        yield Finding(False, "webhook", says)
