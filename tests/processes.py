"""Praatje's own roles as processes, to be killed at the worst moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from bot.queue import STALLED_SECONDS
from bot.supervisor import ROOT


@contextmanager
def role(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """`praatje run --role NAME` with the environment of this test, killed at the end."""
    process = subprocess.Popen([sys.executable, "-m", "bot", "run", "--role", name], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill(process: subprocess.Popen[bytes], sessions: sessionmaker[Session]) -> None:
    """SIGKILL: no goodbye, no clean-up. The seconds that its heartbeat must be old are skipped."""
    process.kill()
    assert process.wait() == -signal.SIGKILL
    with sessions.begin() as session:
        older = "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - :by"
        session.execute(text(older), {"by": timedelta(seconds=STALLED_SECONDS)})


assert os.environ["SECRET_KEY"]  # tests/conftest.py sets it; the processes inherit it
