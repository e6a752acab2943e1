"""Ours: the whole installation as `praatje run` makes it, with the sandbox for Telegram."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import processes
from bench.processes import BenchFailed, free_port, python
from bot.db import database_url
from bot.postgres import EmbeddedPostgres
from bot.settings import Settings, get_settings
from bot.supervisor import ROOT, Part, newest_model

VAR = ROOT / "var" / "bench"
TOKEN = "1:bench"


@dataclass(frozen=True)
class Installation:
    """Everything that runs, and where."""

    supervisor: Part
    sandbox: Part
    sandbox_url: str
    database: EmbeddedPostgres
    spans: Path
    postmaster: int

    def must_be_unbroken(self) -> None:
        """Raise BenchFailed when PostgreSQL was started again: figures from then on say nothing."""
        if self.database.pid() != self.postmaster or not self.database.is_running():
            raise BenchFailed("PostgreSQL was stopped and started again during the measurement")

    def another_database(self, name: str) -> str:
        """The address of a database on the same server, with the driver that Rasa knows."""
        url = database_url(self.database.url(), name).set(drivername="postgresql+psycopg2")
        return url.render_as_string(hide_password=False)

    def parts(self) -> dict[str, list[psutil.Process]]:
        """The processes of the installation, by what they are."""
        assert self.supervisor.process is not None
        root = psutil.Process(self.supervisor.process.pid)
        named = {
            _name(child): [child, *child.children(recursive=True)] for child in root.children()
        }
        return {"supervisor": [root], "PostgreSQL": processes.family(self.postmaster), **named}

    def apart(self) -> dict[str, list[psutil.Process]]:
        """What runs beside it and is no part of it."""
        assert self.sandbox.process is not None
        return {
            "sandbox in the place of Telegram": processes.family(self.sandbox.process.pid),
            "the bench itself": [psutil.Process()],
        }


def _name(process: psutil.Process) -> str:
    """What a child of the supervisor is."""
    words = process.cmdline()
    if any(word.endswith("rasa") for word in words):
        return "Rasa"
    return "action server" if "actions" in words else "gateway, worker, scheduler, console"


@contextmanager
def running(*, webhook: bool = False, watched: bool = False) -> Iterator[Installation]:
    """An installation with an empty database; all of it ends with the block.

    `watched` runs our processes through `bench.watched`. Raises BenchFailed.
    """
    newest_model(VAR)
    _forget_database()
    environ = _settings(webhook=webhook)
    os.environ.update(environ)
    get_settings.cache_clear()
    settings = get_settings()
    spans = VAR / "spans"
    shutil.rmtree(spans, ignore_errors=True)
    spans.mkdir(parents=True)
    os.environ["BENCH_SPANS"] = str(spans)
    module = ("bench.watched", "bot") if watched else ("bot",)
    supervisor = _part("praatje", python(*module, "run"), f"{settings.console_url}/healthz")
    url = environ["TELEGRAM_API_URL"]
    port = url.rpartition(":")[2]
    command = python("sandbox", "--port", port, "--token", TOKEN)
    sandbox = _part("sandbox", command, f"{url}/control/health")
    try:
        processes.start(sandbox)
        processes.wait_until_ready(sandbox)
        processes.start(supervisor)
        actions = settings.rasa_actions_url.replace("/webhook", "/health")
        processes.wait_until_ready(supervisor, [f"{settings.rasa_url}/version", actions])
        database = EmbeddedPostgres(settings.var_dir / "postgres")
        yield Installation(supervisor, sandbox, url, database, spans, database.pid())
    finally:
        processes.stop(supervisor)
        processes.stop(sandbox)


def _part(name: str, command: list[str], ready_url: str) -> Part:
    return Part(name, command, {}, VAR / "log" / f"bench-{name}.log", ready_url)


def _forget_database() -> None:
    """Away with what an earlier run left, also when that run was killed."""
    folder = VAR / "postgres"
    if (folder / "postmaster.pid").exists():
        EmbeddedPostgres(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _settings(*, webhook: bool) -> Mapping[str, str]:
    """The environment of an installation; every other setting at its default, .env or not."""
    rasa, actions, console, telegram, hook = (free_port() for _ in range(5))
    local = "http://127.0.0.1"
    defaults = {
        name.upper(): str(field.default)
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, str | int | float) and not isinstance(field.default, bool)
    }
    return defaults | {
        "VAR_DIR": str(VAR),
        "DATABASE_URL": "",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "RASA_AUTH_TOKEN": secrets.token_hex(24),
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": f"{local}:{telegram}",
        "TELEGRAM_MODE": "webhook" if webhook else "polling",
        "TELEGRAM_WEBHOOK_URL": f"{local}:{hook}",
        "TELEGRAM_WEBHOOK_SECRET": secrets.token_urlsafe(24),
        "WEBHOOK_PORT": str(hook),
        "RASA_URL": f"{local}:{rasa}",
        "RASA_ACTIONS_URL": f"{local}:{actions}/webhook",
        "CONSOLE_PORT": str(console),
        "CONSOLE_URL": f"{local}:{console}",
        # No waiting on purpose: the pauses below are promises to people and to Telegram, not work.
        "BURST_SECONDS": "0",
        "TELEGRAM_SECONDS_PER_CHAT": "0",
        "TELEGRAM_MESSAGES_PER_SECOND": "10000",
    }
