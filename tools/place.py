"""Where set-up works, and what a step is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.running import child_environment, run, say
from tools.stamps import Stamp


@dataclass
class Place:
    """The project's folder and the machine's settings; finds and fetches the tools once."""

    root: Path
    environ: Mapping[str, str]
    _tools: dict[str, list[str]] = field(default_factory=dict)
    _fetching: threading.Lock = field(default_factory=threading.Lock)

    @property
    def var(self) -> Path:
        """Return the folder for everything that is made here and can be made again."""
        return self.root / "var"

    def log(self, step: str) -> Path:
        """Return where the output of a step goes."""
        return self.var / "log" / f"setup-{step}.log"

    def run(self, step: str, command: Sequence[str], *, advice: str, **settings: str) -> None:
        """Run one command of a step in the project's folder."""
        environ = child_environment(self.environ, **settings)
        log = self.log(step)
        run(step, command, log=log, environ=environ, cwd=self.root, advice=advice)

    def tool(self, name: str, fetch: Callable[[Place], list[str]]) -> list[str]:
        """Return the command of a tool; steps that run side by side wait for one look-up."""
        with self._fetching:
            if name not in self._tools:
                self._tools[name] = fetch(self)
            return self._tools[name]


@dataclass(frozen=True)
class Step:
    """One piece of work that is skipped while its fingerprint and products are as it left them."""

    name: str
    doing: str
    fingerprint: str
    products: Sequence[Path]
    work: Callable[[], None]

    def do(self, place: Place) -> None:
        """Do the work, unless it is done."""
        stamp = Stamp(place.var / "stamps", self.name)
        if stamp.is_current(self.fingerprint, self.products):
            say(f"{self.name}: ready")
            return
        started = time.monotonic()
        say(f"{self.name}: {self.doing}")
        stamp.clear()
        place.log(self.name).write_bytes(b"")
        self.work()
        stamp.write(self.fingerprint)
        say(f"{self.name}: done in {time.monotonic() - started:.0f} s")
