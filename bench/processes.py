"""Processes that the bench starts: on free ports, ready when their address answers, ended by id."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

import psutil

from bot.supervisor import Part, last_line

T = TypeVar("T")

READY_SECONDS = 180.0
STOP_SECONDS = 30.0


class BenchFailed(Exception):
    """The bench itself failed; the text says in one line why."""


def free_port() -> int:
    """A port of this machine that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(part: Part) -> None:
    """Start a process; its log begins anew, so that an error in it is of now."""
    part.log.parent.mkdir(parents=True, exist_ok=True)
    part.log.write_bytes(b"")
    part.start()


def wait_until_ready(part: Part, urls: Sequence[str] = ()) -> None:
    """Wait for its own address and others. Raises BenchFailed when it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    own = [part.ready_url] if part.ready_url else []
    for url in [*own, *urls]:
        part.ready_url = url
        while not part.is_ready():
            if part.ended() is not None or time.monotonic() > deadline:
                raise BenchFailed(f"{part.name} did not start: {last_line(part.log)} ({part.log})")
            time.sleep(0.2)


def stop(part: Part) -> None:
    """Ask a process to end, and make it when it does not."""
    if part.process is None or part.ended() is not None:
        return
    part.process.terminate()
    try:
        part.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        part.process.kill()
        part.process.wait()


def family(pid: int) -> list[psutil.Process]:
    """A process and all that came from it."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def megabytes(processes: Iterable[psutil.Process]) -> float:
    """Proportional set size: what they share with others counts for their share only."""
    return sum(_each(processes, lambda process: float(process.memory_full_info().pss))) / 1e6


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Processor time so far, with that of children that have ended."""
    spent = _each(processes, psutil.Process.cpu_times)
    return sum(t.user + t.system + t.children_user + t.children_system for t in spent)


def _each(processes: Iterable[psutil.Process], read: Callable[[psutil.Process], T]) -> Iterator[T]:
    """What can be read of each; a server of one connection may end at any moment."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            yield read(process)


def python(*arguments: str) -> list[str]:
    """A module of ours in this Python."""
    return [sys.executable, "-m", *arguments]
