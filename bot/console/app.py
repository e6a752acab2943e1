"""The console as an application: made by a factory, with no state outside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import jinja2
from fastapi import FastAPI
from sqlalchemy.orm import Session, sessionmaker
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from bot.console import (
    account,
    auth,
    case,
    cases,
    errors,
    helpers,
    live,
    moments,
    probes,
    residents,
    security,
    words,
)
from bot.console.story import Bubble
from bot.services.texts import helplines, spoken_days
from bot.settings import get_settings

HERE = Path(__file__).parent


def create_app(sessions: sessionmaker[Session]) -> FastAPI:
    """The console on these sessions; nothing connects before it starts."""
    app = FastAPI(
        title="Praatje", openapi_url=None, docs_url=None, redoc_url=None, lifespan=_listening
    )
    app.state.sessions = sessions
    app.state.bell = live.Bell(sessions.kw["bind"].url)
    app.state.templates = Jinja2Templates(env=_environment())
    app.add_middleware(security.SecurityHeaders, extra=security.headers())
    errors.register(app)
    for family in (probes, auth, live, cases, case, residents, helpers, account):
        app.include_router(family.router)
    for name in ("static", "assets"):
        files = StaticFiles(directory=HERE / name, check_dir=False)
        app.mount(f"/{name}", files, name=name)
    return app


@asynccontextmanager
async def _listening(app: FastAPI) -> AsyncIterator[None]:
    listening = asyncio.create_task(app.state.bell.run())
    yield
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "moment": _moment,
        "day": _day,
        "clock": _clock,
        "ago": _ago,
        "until": _until,
        "duration": moments.spoken_duration,
        "short_day": _short_day,
        "days": spoken_days,
        "in_words": lambda each, table: table[each],
    }
    environment.globals |= {
        "words": words,
        "theme": get_settings().console_theme,
        "helplines": helplines,
        "weekdays": list(enumerate(words.WEEKDAY_SHORT)),
    }
    environment.tests["bubble"] = lambda each: isinstance(each, Bubble)
    return environment


@jinja2.pass_context
def _moment(context: jinja2.runtime.Context, when: datetime) -> str:
    return moments.moment(when, context["now"], context["zone"])


@jinja2.pass_context
def _day(context: jinja2.runtime.Context, when: datetime) -> str:
    return moments.day(when, context["now"], context["zone"])


@jinja2.pass_context
def _short_day(context: jinja2.runtime.Context, when: datetime) -> str:
    return moments.short_day(when, context["zone"])


@jinja2.pass_context
def _clock(context: jinja2.runtime.Context, when: datetime) -> str:
    return moments.clock(when, context["zone"])


@jinja2.pass_context
def _ago(context: jinja2.runtime.Context, when: datetime) -> str:
    return moments.ago(when, context["now"])


@jinja2.pass_context
def _until(context: jinja2.runtime.Context, when: datetime) -> str:
    return moments.until(when, context["now"])
