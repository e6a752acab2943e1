"""Links that people open in Telegram."""

from bot.settings import get_settings


def invitation_link(token: str) -> str:
    """The link with which an invited person opens the chat; in the sandbox, its own page."""
    settings = get_settings()
    if settings.sandbox:
        return f"{settings.sandbox_url.rstrip('/')}/?start={token}"
    return f"https://t.me/{settings.telegram_bot_username}?start={token}"
