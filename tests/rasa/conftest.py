"""A whole installation on loopback for the tests marked `rasa`: every process real but Telegram."""

import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.db import make_sessions
from bot.models import Message, SendState
from bot.settings import Settings, get_settings
from bot.supervisor import Part, Supervisor
from sandbox.app import Settings as SandboxSettings
from sandbox.client import SandboxClient
from sandbox.testing import running_sandbox
from tests.people import People


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Installation:
    """A running installation, its people, and a way to kill its processes."""

    supervisor: Supervisor
    sandbox: SandboxClient
    sessions: sessionmaker[Session]
    people: People
    held: set[str] = field(default_factory=set)

    def kill(self, name: str) -> None:
        """SIGKILL one process, and wait until the supervisor has it running and ready again."""
        self.wait_until_ready(name, other_than=self.kill_now(name))

    def kill_now(self, name: str) -> int:
        """SIGKILL one process and come back at once, with its id."""
        pid = self._pid(name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        return pid

    def _pid(self, name: str) -> int | None:
        if name == "postgres":
            assert self.supervisor.postgres is not None
            return self.supervisor.postgres.pid()
        process = self._part(name).process
        return process.pid if process else None

    def wait_until_ready(self, name: str, other_than: int, timeout: float = 60) -> None:
        """Until another process than the one that was killed answers."""
        deadline = time.monotonic() + timeout
        while self._pid(name) == other_than or not self._is_ready(name):
            assert time.monotonic() < deadline, f"{name} did not come back"
            time.sleep(0.1)

    def wait_until_all_is_sent(self, timeout: float = 45) -> None:
        """Until no message stands in the queue or in the air any more."""
        on_its_way = select(Message).where(
            Message.send_state.in_((SendState.QUEUED, SendState.SENDING))
        )
        deadline = time.monotonic() + timeout
        while True:
            with self.sessions() as session:
                waiting = [row.text for row in session.scalars(on_its_way)]
            if not waiting:
                return
            assert time.monotonic() < deadline, waiting
            time.sleep(0.1)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """One process stopped dead (SIGKILL, and not started again) for the length of the block."""
        if name == "nothing":
            yield
            return
        self.held.add(name)
        killed = self.kill_now(name)
        try:
            yield
        finally:
            self.held.discard(name)
            self.wait_until_ready(name, other_than=killed)

    def _is_ready(self, name: str) -> bool:
        if name == "postgres":
            try:
                with self.sessions() as session:
                    session.connection()
            except Exception:
                return False
            return True
        part = self._part(name)
        return part.process is not None and part.ended() is None and part.is_ready()

    def _part(self, name: str) -> Part:
        return next(part for part in self.supervisor.parts if part.name == name)


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Everything that `praatje run` starts, next to a sandbox; one for all tests.

    Not in pytest's own folder: every start of pytest shuts that to others again, and PostgreSQL
    runs as another user when we are root.
    """
    with tempfile.TemporaryDirectory(prefix="praatje-", ignore_cleanup_errors=True) as folder:
        yield from _installation(Path(folder))


def _installation(folder: Path) -> Iterator[Installation]:
    clock_file = folder / "clock"
    sandbox_settings = SandboxSettings(clock_file=clock_file, clock_allowed=True)
    patch = pytest.MonkeyPatch()
    with running_sandbox(sandbox_settings) as sandbox:
        for name, value in {
            "DATABASE_URL": "",
            "VAR_DIR": str(folder),
            "SANDBOX": "true",
            "SANDBOX_CLOCK_FILE": str(clock_file),
            "TELEGRAM_API_URL": sandbox.base_url,
            "TELEGRAM_SECONDS_PER_CHAT": "0",
            "BURST_SECONDS": "0.3",
            "RASA_URL": f"http://127.0.0.1:{free_port()}",
            "RASA_ACTIONS_URL": f"http://127.0.0.1:{free_port()}/webhook",
            "RASA_AUTH_TOKEN": secrets.token_hex(8),
            "CONSOLE_PORT": str(free_port()),
        }.items():
            patch.setenv(name, value)
        yield from _run(Settings(_env_file=None), sandbox)
    patch.undo()
    get_settings.cache_clear()


def _run(settings: Settings, sandbox: SandboxClient) -> Iterator[Installation]:
    get_settings.cache_clear()
    supervisor = Supervisor(settings, lambda line: None)
    stopping = threading.Event()
    held: set[str] = set()

    def watch() -> None:
        while not stopping.wait(0.2):
            if not held:
                supervisor.look(time.monotonic())

    watching = threading.Thread(target=watch, daemon=True)
    try:
        supervisor.prepare_database()
        supervisor.add_all()
        supervisor.start()
        watching.start()
        sessions = make_sessions(supervisor.environment["DATABASE_URL"])
        yield Installation(supervisor, sandbox, sessions, People(sessions), held)
        sessions.kw["bind"].dispose()
    finally:
        stopping.set()
        if watching.ident:
            watching.join(30)
        supervisor.stop()


@pytest.fixture
def sandbox(installation: Installation) -> SandboxClient:
    """The stand-in for Telegram of the installation."""
    return installation.sandbox


@pytest.fixture
def people(installation: Installation) -> People:
    """Makes people in the installation."""
    return installation.people
