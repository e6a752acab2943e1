"""One machine's supervisor: starts every process, starts again what dies, stops all in order.

It imports little, for it runs for months beside the others.
"""

import ctypes
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.postgres import EmbeddedPostgres
from bot.settings import Settings
from bot.trackers import tracker_url

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]
RASA_LOGGING = ROOT / "deploy" / "rasa-logging.yml"
RASA = ROOT / ".venv-rasa" / "bin" / "rasa"
EXIT_CONFIGURATION = 78
"""sysexits.h EX_CONFIG: starting again would not help."""
LOOK_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STABLE_SECONDS = 60.0
STOP_SECONDS = 12.0
PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """On Linux a child gets SIGTERM when the supervisor dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Part:
    """One process to keep running: what it is called, how it starts, and when it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ready_url: str | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.1
    start_again_at: float = 0.0
    _log_file: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_file = self._log_file or self.log.open("ab")
        try:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=self._log_file,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigurationError(
                f"{self.name} cannot be started: {self.command[0]}: {error.strerror}."
            ) from None
        self.started_at = time.monotonic()

    def ended(self) -> int | None:
        """The exit status of the process when it is no longer there."""
        return self.process.poll() if self.process else None

    def is_ready(self) -> bool:
        if self.ready_url is None:
            return True
        try:
            with urllib.request.urlopen(self.ready_url, timeout=2):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    def plan_restart(self, now: float) -> None:
        """Start again after a pause that doubles while the process keeps dying."""
        stable = now - self.started_at > STABLE_SECONDS
        self.pause = 0.2 if stable else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        self.start_again_at = now + self.pause
        self.process = None


class Supervisor:
    """Keeps a PostgreSQL (if embedded) and all parts running until told to stop."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.say = say
        self.parts: list[Part] = []
        self.postgres: EmbeddedPostgres | None = None
        self.environment: dict[str, str] = {}
        self._stopping = False

    def prepare_database(self) -> None:
        """Start the embedded PostgreSQL when no other is named, and bring the schema up to date."""
        check_writable(self.settings.var_dir)
        url = self.settings.database_url
        if not url:
            self.say("Starting PostgreSQL")
            self.postgres = EmbeddedPostgres(self.settings.var_dir / "postgres")
            url = self.postgres.url()
        self.environment["DATABASE_URL"] = url
        self.environment["RASA_TRACKER_URL"] = self.settings.rasa_tracker_url or tracker_url(url)
        self.environment["RASA_ACTIONS_URL"] = self.settings.rasa_actions_url
        self.environment["RASA_AUTH_TOKEN"] = (
            self.settings.rasa_auth_token.get_secret_value() or secrets.token_hex(24)
        )
        self.say("Bringing the database up to date")
        done = subprocess.run(
            [sys.executable, "-m", "bot", "migrate"],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ConfigurationError((done.stderr or done.stdout).strip().splitlines()[-1])

    def add(
        self,
        name: str,
        command: Sequence[str],
        ready_url: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Have a process kept running."""
        self.parts.append(
            Part(
                name,
                command,
                {**self.environment, **(environment or {})},
                self.settings.var_dir / "log" / f"{name}.log",
                ready_url,
            )
        )

    def add_all(self) -> None:
        """Rasa, the action server, and our own roles in one process."""
        rasa, actions = urlsplit(self.settings.rasa_url), urlsplit(self.settings.rasa_actions_url)
        model = newest_model(self.settings.var_dir)
        token = self.environment["RASA_AUTH_TOKEN"]
        self.add(
            "rasa",
            rasa_command(model, rasa.port or 5005, token),
            f"{self.settings.rasa_url}/version",
            RASA_ENVIRONMENT,
        )
        self.add(
            "actions",
            [sys.executable, "-m", "actions", "--port", str(actions.port or 5055)],
            f"http://{actions.netloc}/health",
        )
        self.add(
            "praatje",
            [sys.executable, "-m", "bot", "run", *_all_roles()],
            f"http://127.0.0.1:{self.settings.console_port}/healthz",
        )

    def check_ports(self) -> None:
        """Raise ConfigurationError when a port that a part needs is taken."""
        for part in self.parts:
            if part.ready_url is None:
                continue
            port = urlsplit(part.ready_url).port or 80
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise ConfigurationError(
                        f"Port {port}, which {part.name} needs, is in use. "
                        "Stop what uses it, or choose another port in .env."
                    ) from None

    def start(self, wait_seconds: float = 120.0) -> None:
        """Start every part and wait until all are ready. Raises ConfigurationError."""
        self.check_ports()
        for part in self.parts:
            part.start()
        deadline = time.monotonic() + wait_seconds
        for part in self.parts:
            self.say(f"Waiting for {part.name}")
            while not part.is_ready():
                if part.ended() is not None or time.monotonic() > deadline:
                    raise ConfigurationError(
                        f"{part.name} did not start: {last_line(part.log)} (see {part.log})"
                    )
                time.sleep(0.2)

    def watch(self) -> None:
        """Start again whatever dies, until SIGTERM or SIGINT. Raises ConfigurationError."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "_stopping", True))
        while not self._stopping:
            self.look(time.monotonic())
            time.sleep(LOOK_SECONDS)

    def look(self, now: float) -> None:
        """One look at PostgreSQL and every part."""
        if self.postgres is not None and not self.postgres.is_running():
            started = self.postgres.restart()
            self.say(f"PostgreSQL died; {'started' if started else 'starting'} again")
        for part in self.parts:
            if part.process is None:
                if now >= part.start_again_at:
                    part.start()
            elif (status := part.ended()) is not None:
                if status == EXIT_CONFIGURATION:
                    raise ConfigurationError(f"{part.name}: {last_line(part.log)}")
                self.say(f"{part.name} died (status {status}); starting it again")
                part.plan_restart(now)

    def stop(self) -> None:
        """Stop all parts, the last started first, then PostgreSQL."""
        running = [part.process for part in reversed(self.parts) if part.process]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        if self.postgres is not None:
            self.postgres.stop()


RASA_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SQLALCHEMY_WARN_20": "0",
    "SANIC_WORKERS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "LOG_LEVEL": "WARNING",
}


def rasa_command(model: Path, port: int, token: str) -> list[str]:
    """How Rasa is started: on loopback only, its HTTP API behind a token."""
    return [
        str(RASA), "run", "--interface", "127.0.0.1", "--port", str(port),
        "--enable-api", "--auth-token", token, "--model", str(model),
        "--logging-config-file", str(RASA_LOGGING),
    ]  # fmt: skip


def newest_model(var_dir: Path) -> Path:
    """The Rasa model trained last, here or in the project's `var/`. Raises ConfigurationError."""
    models = [
        *(ROOT / "var" / "models").glob("*.tar.gz"),
        *(var_dir / "models").glob("*.tar.gz"),
    ]
    if not models:
        raise ConfigurationError("There is no Rasa model in var/models. Run `make setup`.")
    return max(models, key=lambda path: path.stat().st_mtime)


def check_writable(folder: Path) -> None:
    """Raise ConfigurationError when nothing can be written in a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"Nothing can be written in {folder.resolve()}: {error.strerror}. "
            "Change its rights, or set VAR_DIR."
        ) from None


def last_line(log: Path) -> str:
    """The last line that is not empty of a log, for a message of one line."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def _all_roles() -> list[str]:
    return [
        argument
        for role in ("gateway", "worker", "scheduler", "console")
        for argument in ("--role", role)
    ]
