"""Removes all that set-up, runs and tests made; stops the PostgreSQL under var/ first."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    *("var", ".venv", ".venv-rasa", "node_modules", "bot/console/static", ".rasa", "results"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis"),
)
OUR_CODE = ("actions", "bench", "bot", "sandbox", "tests", "tools")
STOP_SECONDS = 30


def main() -> int:
    """Clean; 1 when a PostgreSQL goes on, and then nothing is removed."""
    for pid in postgres_under(ROOT / "var"):
        sys.stdout.write(f"stopping PostgreSQL {pid}\n")
        if not stop(pid):
            sys.stderr.write(f"PostgreSQL {pid} does not stop; nothing was removed.\n")
            return 1
    for folder in [ROOT / name for name in FOLDERS] + list(leftovers()):
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def postgres_under(folder: Path) -> Iterator[int]:
    """Yield the servers that run on a data folder under this one and that are PostgreSQL."""
    for file in folder.glob("**/postmaster.pid"):
        pid, data = file.read_text(encoding="utf-8").splitlines()[:2]
        if Path(data).resolve() == file.parent.resolve() and "postgres" in command_of(int(pid)):
            yield int(pid)


def command_of(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    command = ["ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.decode().strip()


def stop(pid: int) -> bool:
    """Ask for PostgreSQL's fast shutdown and wait for it."""
    os.kill(pid, signal.SIGINT)
    until = time.monotonic() + STOP_SECONDS
    while time.monotonic() < until:
        if "postgres" not in command_of(pid):
            return True
        time.sleep(0.1)
    return False


def leftovers() -> Iterator[Path]:
    """Yield what Python leaves beside our code."""
    yield from ROOT.glob("*.egg-info")
    for name in OUR_CODE:
        yield from (ROOT / name).glob("**/__pycache__")


if __name__ == "__main__":
    sys.exit(main())
