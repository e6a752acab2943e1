"""For the tests of the gateway: the webhook served, a loop for one coroutine."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session, sessionmaker

from bot import queue
from bot.settings import Settings, get_settings
from bot.telegram import gateway, webhook
from sandbox.testing import Server

SECRET = "a-secret-that-only-telegram-knows"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a lock is looked for at every poll, half a second apart in real life."""
    monkeypatch.setattr(queue, "POLL_SECONDS", 0.05)


@pytest.fixture
def run() -> Callable[..., Any]:
    """Runs one coroutine function to its end."""

    def run_once(function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        async def call() -> Any:
            return await function(*arguments)

        return asyncio.run(call())

    return run_once


@pytest.fixture
def webhook_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with which the webhook opens."""
    monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", SECRET)
    get_settings.cache_clear()
    return get_settings()


@pytest.fixture
def telegram(webhook_settings: Settings, sessions: sessionmaker[Session]) -> Iterator[httpx.Client]:
    """A client that knows the secret, of the webhook as Telegram calls it."""
    app = FastAPI(openapi_url=None)
    bot = gateway.make_bot(webhook_settings)
    app.include_router(webhook.make_router(bot, sessions, webhook_settings))
    server = Server(app).start()
    with httpx.Client(
        base_url=server.url, headers={webhook.SECRET_HEADER: SECRET}, timeout=20, trust_env=False
    ) as client:
        yield client
    server.stop()
