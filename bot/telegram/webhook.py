"""Updates by webhook: checked before anything is read, stored before Telegram hears 200."""

from hmac import compare_digest

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot, Update

from bot.errors import ConfigurationError
from bot.settings import Settings
from bot.telegram.gateway import take_in

PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST_UPDATE_BYTES = 1_000_000


def make_router(bot: Bot, sessions: sessionmaker[Session], settings: Settings) -> APIRouter:
    """The one route that Telegram calls. Raises ConfigurationError without a secret."""
    secret = settings.telegram_webhook_secret.get_secret_value().encode()
    if len(secret) < 16:
        raise ConfigurationError("TELEGRAM_WEBHOOK_SECRET needs at least 16 characters.")
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not compare_digest(given, secret):
            return Response(status_code=403)
        body = await request.body()
        if len(body) > LARGEST_UPDATE_BYTES:
            return Response(status_code=413)
        try:
            data = await request.json()
        except ValueError:
            data = None
        await take_in(bot, sessions, data)
        return Response(status_code=200)

    return router


async def register(bot: Bot, settings: Settings) -> None:
    """Tell Telegram where to send updates."""
    await bot.set_webhook(
        settings.telegram_webhook_url.rstrip("/") + PATH,
        secret_token=settings.telegram_webhook_secret.get_secret_value(),
        allowed_updates=Update.ALL_TYPES,
    )
