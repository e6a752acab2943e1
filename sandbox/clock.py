"""The test clock: real time plus an offset that every process of Praatje reads from one file."""

import contextlib
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sandbox.errors import ControlError


class SandboxClock:
    """Time as residents and the bot live it. Moves forward only; `reset` returns to real time."""

    def __init__(self, file: Path | None = None, *, allowed: bool = False) -> None:
        self._file = file
        self._allowed = allowed
        self.offset = _read(file) if file and allowed else 0.0

    def timestamp(self) -> float:
        """Seconds since 1970 by the test clock."""
        return time.time() + self.offset

    def now(self) -> datetime:
        """Aware UTC by the test clock."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, seconds: float) -> None:
        """Move forward; a negative step is refused."""
        if seconds < 0:
            raise ControlError("De klok kan niet terug. Gebruik reset om weer gelijk te lopen.")
        self._set(self.offset + seconds)

    def move_to(self, moment: datetime) -> None:
        """Move forward to an aware moment."""
        if moment.tzinfo is None:
            raise ControlError("Het tijdstip heeft een tijdzone nodig, bijvoorbeeld ...T09:00:00Z.")
        self.advance(moment.timestamp() - self.timestamp())

    def reset(self) -> None:
        """Back to real time."""
        self._set(0.0)

    def _set(self, offset: float) -> None:
        if not self._allowed:
            raise ControlError("De klok kan alleen worden verzet als SANDBOX=true is gezet.", 403)
        if self._file is None:
            raise ControlError(
                "Er is geen klokbestand: geef --clock-file of SANDBOX_CLOCK_FILE.", 409
            )
        write_atomically(self._file, f"{offset:.3f}")
        self.offset = offset


def write_atomically(file: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old text or the new, never half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _read(file: Path) -> float:
    """The offset left by an earlier run; an absent or empty file means real time."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return 0.0
    try:
        return float(text) if text else 0.0
    except ValueError:
        raise ValueError(f"the clock file {file} holds no number of seconds") from None
