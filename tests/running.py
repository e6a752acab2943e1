"""A whole Praatje in the test's own process: gateway by polling, workers, scheduler when wanted."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from bot import queue, tasks, understanding
from bot.rasa import Rasa
from bot.settings import Settings
from bot.telegram import delivery, gateway, polling
from bot.trackers import Trackers

REGISTERS_JOBS = (tasks, delivery)


class Running:
    """Runs coroutines on an event loop in a thread, and cancels them at the end."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._tasks: list[asyncio.Task[Any]] = []

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start something that goes on until `kill` or `close`."""

        async def make() -> asyncio.Task[Any]:
            return asyncio.create_task(coroutine)

        task = asyncio.run_coroutine_threadsafe(make(), self.loop).result(10)
        self._tasks.append(task)
        return task

    def call(self, function: Callable[[], Awaitable[Any]]) -> Any:
        """Run one coroutine and wait for what it returns."""

        async def run() -> Any:
            return await function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def kill(self, task: asyncio.Task[Any]) -> None:
        """Cancel one thing and wait until it is gone."""

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task], timeout=15)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(20)

    def close(self) -> None:
        for task in self._tasks:
            if not task.done():
                self.kill(task)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


async def worker(settings: Settings, sessions: sessionmaker[Session]) -> None:
    """The worker role without its restart loop, so that a failure fails the test."""
    bot = gateway.make_bot(settings)
    await bot.initialize()
    rasa = Rasa(settings)
    tools = {
        "sessions": sessions,
        "settings": settings,
        "rasa": rasa,
        "trackers": Trackers(settings),
        "bot": bot,
    }
    try:
        async with queue.open_worker(settings.database_url) as app:
            await queue.work(app, tools, concurrency=4)
    finally:
        await rasa.close()


async def poller(settings: Settings, sessions: sessionmaker[Session]) -> None:
    """The gateway role by polling; like the real one it compiles the rules first."""
    understanding.read("")
    bot = gateway.make_bot(settings)
    await bot.initialize()
    await polling.poll(bot, sessions)
