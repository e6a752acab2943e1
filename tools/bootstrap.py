"""Sets the project up on a fresh machine; `make demo` and `make test` run it first.

Steps whose inputs did not change are skipped. Logs: var/log/setup-STEP.log.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import steps
from tools.fetch import npm, uv
from tools.place import Place, Step
from tools.running import Failure, Interrupted, interrupt, say

if TYPE_CHECKING:
    Chain = Sequence[Callable[[Place], Step]]

ROOT = Path(__file__).resolve().parent.parent
# The chains run side by side, the steps of one chain in order.
RUN: Sequence[Chain] = (
    (steps.rasa_environment, steps.rasa_model),
    (steps.app_environment, steps.signal_model),
    (steps.console_assets,),
)
CHAINS: dict[str, Sequence[Chain]] = {"run": RUN, "test": (*RUN, (steps.chromium,))}
TOOLS = {"uv": uv, "npm": npm}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the set-up; 0 when all is ready, 1 when a step failed, 130 when stopped."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("--for", dest="goal", choices=sorted(CHAINS), default="run")
    parser.add_argument("--print", dest="tool", choices=sorted(TOOLS), help="only print this")
    options = parser.parse_args(arguments)
    for way_to_stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(way_to_stop, signal.default_int_handler)
    place = Place(ROOT, os.environ)
    try:
        make_folders(place)
        with alone(place):
            if options.tool:
                with redirect_stdout(sys.stderr):
                    command = TOOLS[options.tool](place)
                sys.stdout.write(f"{' '.join(command)}\n")
                return 0
            failures = set_up(place, CHAINS[options.goal])
    except Failure as failure:
        failures = [f"set-up: {failure}"]
    except KeyboardInterrupt:
        interrupt()
        say("stopped; run the same command to go on where it was")
        return 130
    for text in failures:
        say(f"FAILED {text}")
    if not failures:
        say("set-up: all is ready")
    return 1 if failures else 0


def make_folders(place: Place) -> None:
    """Make the folders under var/."""
    try:
        for name in ("log", "stamps", "tools"):
            (place.var / name).mkdir(parents=True, exist_ok=True)
            (place.var / name / ".writable").write_bytes(b"")
    except OSError as error:
        reason = f"{place.var} cannot be written ({error.strerror})"
        raise Failure(
            f"{reason} - make that folder yours or free disk space, and run again."
        ) from None


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Wait for another set-up in the same folder to end."""
    with (place.var / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("set-up: waiting for another set-up in this folder to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(place: Place, chains: Sequence[Chain]) -> list[str]:
    """Run all chains; after a failure what runs is finished, but nothing new begins."""
    failures: list[str] = []
    failed = threading.Event()

    def follow(chain: Chain) -> None:
        for make in chain:
            if failed.is_set():
                return
            try:
                make(place).do(place)
            except Interrupted:
                return
            except Failure as failure:
                failures.append(f"{make.__name__}: {failure}")
                failed.set()
            except Exception as error:
                log = place.log(make.__name__)
                log.write_text(traceback.format_exc(), encoding="utf-8")
                failures.append(f"{make.__name__}: {type(error).__name__}: {error} Log: {log}")
                failed.set()

    with ThreadPoolExecutor(len(chains)) as pool:
        try:
            for future in [pool.submit(follow, chain) for chain in chains]:
                future.result()
        except KeyboardInterrupt:
            interrupt()
            raise
    return failures


if __name__ == "__main__":
    sys.exit(main())
