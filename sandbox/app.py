"""The application: one state, and the parts that speak HTTP about it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from sandbox.bot_api import BotApi
from sandbox.calls import CallLog
from sandbox.clock import SandboxClock
from sandbox.control_clock import ClockControl
from sandbox.control_people import PeopleControl
from sandbox.control_traffic import TrafficControl
from sandbox.faults import Faults
from sandbox.page import Page
from sandbox.persistence import Keeper
from sandbox.polling import Polling
from sandbox.state import State
from sandbox.webhook import Delivery, WebhookMethods

DEFAULT_TOKEN = "1:sandbox"
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox is set up; `webhook_retry` is the first pause between deliveries, seconds."""

    token: str = DEFAULT_TOKEN
    clock_file: Path | None = None
    clock_allowed: bool = False
    state_file: Path | None = None
    app_url: str | None = None
    console_url: str | None = None
    webhook_retry: float = 1.0
    webhook_timeout: float = 60.0

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise ValueError("the token must look like 1:sandbox (digits, a colon, letters)")


def create_app(settings: Settings | None = None) -> Starlette:
    """A sandbox of its own; raises StateFileError when the state file cannot be read."""
    settings = settings or Settings()
    clock = SandboxClock(settings.clock_file, allowed=settings.clock_allowed)
    state = State(settings.token, clock)
    keeper = Keeper(state, settings.state_file) if settings.state_file else None
    faults, calls = Faults(), CallLog()
    delivery = Delivery(state, retry_base=settings.webhook_retry, timeout=settings.webhook_timeout)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(delivery.run())]
        if keeper is not None:
            tasks.append(asyncio.create_task(keeper.run()))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if keeper is not None:
            keeper.save()

    return Starlette(
        routes=[
            *BotApi(state, faults, calls, Polling(state), WebhookMethods(state)).routes(),
            *PeopleControl(state).routes(),
            *TrafficControl(state, faults, calls).routes(),
            *ClockControl(state, faults, calls, settings.app_url).routes(),
            *Page(state, settings.console_url).routes(),
        ],
        # Refuses pages elsewhere on the web that point their own name at this machine.
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
        ],
        lifespan=lifespan,
    )
