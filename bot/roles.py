"""The roles of our own code, as many as wanted in one process."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import uvicorn
from fastapi import FastAPI
from procrastinate import App
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import queue, tasks, understanding
from bot.console.app import create_app
from bot.db import make_sessions
from bot.errors import ConfigurationError
from bot.rasa import Rasa
from bot.scheduler import make_scheduler
from bot.settings import Settings, TelegramMode
from bot.telegram import delivery, gateway, polling, webhook
from bot.trackers import Trackers

logger = logging.getLogger(__name__)

REGISTERS_JOBS = (tasks, delivery)
"""Modules whose import puts their jobs in `bot.queue.jobs`."""

REVIVE_SECONDS = 3.0
PAUSE_AFTER_FAILURE_SECONDS = 2.0


class Role(StrEnum):
    """A part of Praatje that can run in a process of its own."""

    GATEWAY = "gateway"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    CONSOLE = "console"


async def run(settings: Settings, roles: Collection[Role]) -> None:
    """Run the roles until the process is told to stop. Raises ConfigurationError."""
    sessions = make_sessions(settings.database_url)
    if {Role.GATEWAY, Role.WORKER} & set(roles):
        understanding.read("")  # compiled before the first message, not while somebody waits
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    running = [
        asyncio.ensure_future(start(settings, sessions))
        for role, start in STARTS.items()
        if role in roles
    ]
    waiting = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([*running, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in (*running, waiting):
        task.cancel()
    await asyncio.wait([*running, waiting], timeout=10)
    for task in done - {waiting}:
        task.result()


async def _gateway(settings: Settings, sessions: sessionmaker[Session]) -> None:
    bot = gateway.make_bot(settings)
    await _introduce(bot)
    if settings.telegram_mode == TelegramMode.POLLING:
        await bot.delete_webhook()
        await polling.poll(bot, sessions)
        return
    app = FastAPI(openapi_url=None)
    app.include_router(webhook.make_router(bot, sessions, settings))
    host, port = settings.webhook_host, settings.webhook_port
    serving = asyncio.create_task(_serve(app, host, port, settings.trusted_proxies))
    await webhook.register(bot, settings)
    await serving


async def _introduce(bot: Bot) -> None:
    """Make sure of the token and set the menu; a network that is down is waited for."""
    while True:
        try:
            await bot.initialize()
            await bot.set_my_commands(gateway.COMMANDS)
        except InvalidToken as error:
            raise ConfigurationError(
                "Telegram does not accept TELEGRAM_TOKEN. Get the right one from @BotFather."
            ) from error
        except TelegramError as error:
            logger.warning("Telegram is out of reach: %s", type(error).__name__)
            await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
        else:
            return


async def _worker(settings: Settings, sessions: sessionmaker[Session]) -> None:
    """Run jobs, and start again when the database was away. An outermost loop: it logs, goes on."""
    rasa = Rasa(settings)
    tools = {
        "sessions": sessions,
        "settings": settings,
        "rasa": rasa,
        "trackers": Trackers(settings),
        "bot": gateway.make_bot(settings),
    }
    try:
        while True:
            try:
                await _work(settings, tools)
            except Exception:
                logger.exception("the worker stopped and starts again")
            await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
    finally:
        await rasa.close()


async def _work(settings: Settings, tools: dict[str, Any]) -> None:
    async with queue.open_worker(settings.database_url) as app:
        reviving = asyncio.create_task(_revive(app))
        try:
            await queue.work(app, tools, concurrency=settings.worker_concurrency)
        finally:
            reviving.cancel()


async def _revive(app: App) -> None:
    while True:
        await asyncio.sleep(REVIVE_SECONDS)
        try:
            await queue.revive(app)
        except Exception:
            logger.exception("looking for jobs of dead workers failed")


async def _scheduler(_settings: Settings, sessions: sessionmaker[Session]) -> None:
    scheduler = make_scheduler(sessions)
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)


class _Server(uvicorn.Server):
    """A server that leaves signals to `run`, which stops all roles together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(app: FastAPI, host: str, port: int, proxies: str) -> None:
    """Serve an application until cancelled. A port in use raises ConfigurationError."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    except SystemExit:
        raise ConfigurationError(
            f"Port {port} on {host} cannot be used; is it in use? Choose another in the settings."
        ) from None


async def _console(settings: Settings, sessions: sessionmaker[Session]) -> None:
    host, port = settings.console_host, settings.console_port
    await _serve(create_app(sessions), host, port, settings.trusted_proxies)


STARTS: dict[Role, Callable[[Settings, sessionmaker[Session]], Awaitable[None]]] = {
    Role.GATEWAY: _gateway,
    Role.WORKER: _worker,
    Role.SCHEDULER: _scheduler,
    Role.CONSOLE: _console,
}
