"""The time. Everything that asks for the present moment asks here.

With `SANDBOX=true` the sandbox moves time for every process at once by writing an offset in seconds
into a file (`SANDBOX_CLOCK_FILE`); without it that file is never looked at.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


class _SandboxClock:
    """Real time plus the offset in a file, read again only when the file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def offset(self) -> timedelta:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return timedelta()
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen != self._seen:
            self._offset = timedelta(seconds=float(self._path.read_text() or 0))
            self._seen = seen
        return self._offset


_sandbox_clock: _SandboxClock | None = None
if os.environ.get("SANDBOX", "").lower() == "true" and os.environ.get("SANDBOX_CLOCK_FILE"):
    _sandbox_clock = _SandboxClock(Path(os.environ["SANDBOX_CLOCK_FILE"]))


def follow(path: Path | None) -> None:
    """Follow the offset in `path` from now on, or real time again with None (sandbox and tests)."""
    global _sandbox_clock
    _sandbox_clock = _SandboxClock(path) if path else None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    real = datetime.now(UTC)
    return real + _sandbox_clock.offset() if _sandbox_clock else real


def real_now() -> datetime:
    """The real moment, test clock or not: to pace calls to the outside, not for what is due."""
    return datetime.now(UTC)
