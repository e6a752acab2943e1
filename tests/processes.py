"""Praatje's own roles as processes, to be killed at the worst moment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from bot.supervisor import ROOT
from tests.waiting import until


@contextmanager
def role(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """`praatje run --role NAME` with the environment of this test, killed at the end."""
    process = subprocess.Popen([sys.executable, "-m", "bot", "run", "--role", name], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: no goodbye, no clean-up."""
    process.kill()
    assert process.wait() == -9


def wait_for_workers(sessions: sessionmaker[Session], count: int) -> None:
    """Until as many queues as `count` are being worked on, three per worker process."""

    def working() -> bool:
        with sessions() as session:
            found = session.scalar(text("SELECT count(*) FROM procrastinate_workers"))
        return bool(found and found >= count)

    until(working, seconds=60)


assert os.environ["SECRET_KEY"]  # tests/conftest.py sets it; the processes inherit it
