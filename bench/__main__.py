"""`python -m bench`: every question in one run, or only the one that is named."""

import argparse
import asyncio
import fcntl
import json
import os
import platform
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bench import installation, memory, profile, report, residents, stock, turn
from bench.figures import Compared, NothingMeasured
from bench.installation import VAR, Installation
from bench.processes import BenchFailed
from bot.db import make_sessions
from bot.errors import ConfigurationError

CONDITIONS = """\
Ours is the whole installation, with the sandbox in the place of Telegram. Stock is what
`rasa init` makes, trained on the same data, spoken to over its REST channel: no Telegram, no
actions. BURST_SECONDS and TELEGRAM_SECONDS_PER_CHAT are 0, TELEGRAM_MESSAGES_PER_SECOND is out of
the way: those pauses are promises to people and to Telegram, not work.
A figure is the median of the rounds; a ratio is ours / stock, the median of the pairs of rounds."""

RESIDENTS = 100


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures speed next to stock Rasa, and memory. To read it: bench/README.md.",
    )
    add = parser.add_argument
    add("question", nargs="?", choices=("turn", "memory"), help="only this one")
    add("--rounds", type=int, default=3, help="how often ours and stock take turns (3)")
    add("--quick", action="store_true", help="one short round, to see that it works")
    add("--webhook", action="store_true", help="updates by webhook, not by polling")
    add("--profile", action="store_true", help="where a turn of ours spends its time")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all was measured, targets reached or not; 1 when the bench itself failed."""
    options = parse(arguments)
    # As Ctrl-C: asyncio ends its tasks in order, and every `with` ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with _alone():
            _measure(options)
    except (BenchFailed, NothingMeasured, ConfigurationError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _measure(options: argparse.Namespace) -> None:
    """All that is asked, printed, and written to results.json."""
    results: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "machine": _machine()}
    wants_turns = options.question != "memory"
    _say(f"{results['machine']}\n{CONDITIONS}\n")
    trained = stock.model(_say) if wants_turns and not options.profile else None
    with installation.running(webhook=options.webhook, watched=options.profile) as place:
        ours = _fill(place)
        if options.profile:
            _say(profile.run(place, ours))
            return
        if trained is not None:
            with stock.running(trained, place.another_database("stock")) as url:
                compared = _compare(options, ours, turn.Stock(url))
            place.must_be_unbroken()
            _say(f"\n{report.turns(compared)}")
            results["turn"] = [asdict(each) for each in compared]
        if options.question != "turn":
            turn.warm_up(ours)
            asyncio.run(ours.block(turn.Level(RESIDENTS, RESIDENTS, 2)))
            sizes, apart = memory.measure(place)
            _say(f"\n{report.memory(sizes, apart)}")
            results["memory"] = {"megabytes": sizes, "apart": apart}
    (VAR / "results.json").write_text(json.dumps(results, indent=2), encoding="utf-8")


def _fill(place: Installation) -> turn.Ours:
    sessions = make_sessions(place.database.url())
    people = residents.enrol(sessions, place.sandbox_url, RESIDENTS)
    return turn.Ours(sessions, place.sandbox_url, people)


def _compare(options: argparse.Namespace, ours: turn.Ours, other: turn.Stock) -> list[Compared]:
    if options.quick:
        return turn.compare(ours, other, turn.QUICK, 1, _say)
    return turn.compare(ours, other, turn.LEVELS, options.rounds, _say)


def _machine() -> str:
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def _alone() -> Iterator[None]:
    """Two benches at once would measure each other. Raises BenchFailed."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchFailed("another bench is running") from None
        yield


if __name__ == "__main__":
    sys.exit(main())
