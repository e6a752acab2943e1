"""Runs commands for set-up: one line a step, a heartbeat for long ones, all output in a log."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HEARTBEAT_SECONDS = 10
# How uv, pip, npm, apt-get and Rasa begin the line that says what went wrong.
FAULT = r"(npm )?([Ee]rror|ERROR|ERR!|[Ff]atal|E:)|.*(Error|Exception)\b"
# Settings of a Python that happens to be active; they would leak into the environments made here.
FOREIGN_SETTINGS = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")

_started = time.monotonic()
_speaking = threading.Lock()
_children: set[subprocess.Popen[bytes]] = set()
interrupted = threading.Event()


class Failure(Exception):
    """A step that cannot go on; the text says in one line what failed and what to do."""


class Interrupted(Exception):
    """The person stopped set-up; nothing to explain."""


def say(text: str) -> None:
    """Print one line with the seconds since the start; a failure to standard error."""
    stream = sys.stderr if text.startswith("FAILED") else sys.stdout
    with _speaking:
        stream.write(f"[{time.monotonic() - _started:6.1f} s] {text}\n")
        stream.flush()


def child_environment(environ: Mapping[str, str], **extra: str) -> dict[str, str]:
    """Return the settings of the machine for a command, without those of an active Python."""
    kept = {name: value for name, value in environ.items() if name not in FOREIGN_SETTINGS}
    return {**kept, **extra}


def run(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environ: Mapping[str, str],
    cwd: Path,
    advice: str,
    limit_seconds: float = 1800,
) -> None:
    """Run a command of step `name`, output into `log`; Failure when it does not end well."""
    if interrupted.is_set():
        raise Interrupted
    with log.open("ab") as output:
        output.write(f"$ {' '.join(command)}\n".encode())
        output.flush()
        # A session of its own, so that stopping reaches the command's own children too.
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=cwd,
            start_new_session=True,
        )
        _children.add(child)
        try:
            code = _wait(name, child, log, limit_seconds)
        finally:
            _stop(child)
            _children.discard(child)
    if interrupted.is_set():
        raise Interrupted
    if code:
        what = f"{Path(command[0]).name} stopped with code {code}: {last_words(log, faults=True)}"
        raise Failure(f"{what} - {advice} Log: {log}")


def _wait(name: str, child: subprocess.Popen[bytes], log: Path, limit_seconds: float) -> int:
    started = time.monotonic()
    while True:
        try:
            return child.wait(timeout=HEARTBEAT_SECONDS)
        except subprocess.TimeoutExpired:
            seconds = time.monotonic() - started
            if seconds > limit_seconds:
                _stop(child)
                return child.wait()
            say(f"  {name}: busy for {seconds:.0f} s, {last_words(log)}")


def last_words(log: Path, *, faults: bool = False) -> str:
    """Return the last line of a log for people, or with `faults` the first that names an error."""
    text = log.read_bytes()[-50_000:].decode(errors="replace")
    lines = [
        line.strip() for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))
    ]
    lines = [re.sub(r"^[\d-]+ [\d:,]+ [A-Z]+ +", "", line) for line in lines if line] or [""]
    if faults:
        lines = [line for line in lines if re.match(FAULT, line)][:1] or lines
    return lines[-1][:200]


def interrupt() -> None:
    """Stop all commands that run now and let no other start."""
    interrupted.set()
    for child in list(_children):
        _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    try:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
