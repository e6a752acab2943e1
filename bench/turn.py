"""How long does a turn take, and how many a second, next to stock Rasa?"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from bench import residents
from bench.figures import Compared, Measured, Turn, measure
from bench.load import RestChannel, Telegram, talk

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Level:
    """How many residents talk at once, how many take part, and how many turns each takes."""

    at_once: int
    people: int
    turns_each: int


LEVELS = (Level(1, 6, 10), Level(20, 20, 15), Level(100, 100, 6))
WARM = (Level(1, 1, 3), Level(4, 20, 2))
QUICK = (Level(1, 2, 8), Level(20, 20, 4), Level(100, 100, 2))


@dataclass(frozen=True)
class Ours:
    """A running installation, as the bench reaches it."""

    sessions: sessionmaker[Session]
    sandbox_url: str
    people: Sequence[int]

    async def block(self, level: Level, ready: Callable[[], None] | None = None) -> list[Turn]:
        """Everybody is asked how they are; then the turns that count, once `ready` was called."""
        people = self.people[: level.people]
        async with Telegram(self.sandbox_url) as telegram:
            await residents.open_check_ins(self.sessions, telegram, people)
            if ready:
                ready()
            return await talk(telegram, people, level.at_once, level.turns_each)


@dataclass(frozen=True)
class Stock:
    """A running stock Rasa."""

    url: str

    async def block(self, level: Level, name: str) -> list[Turn]:
        """Everybody begins a new conversation; then the turns that count."""
        people = range(level.people)
        async with RestChannel(self.url, name) as rest:
            await talk(rest, people, level.at_once, 1)
            return await talk(rest, people, level.at_once, level.turns_each)


def warm_up(ours: Ours) -> None:
    """One resident first: what is loaded at a first turn would make twenty wait too long."""
    for level in WARM:
        asyncio.run(ours.block(level))


def compare(
    ours: Ours, stock: Stock, levels: Sequence[Level], rounds: int, say: Say
) -> list[Compared]:
    """Ours, stock, ours, stock …: a round of one right after the other makes a pair."""
    warm_up(ours)
    asyncio.run(stock.block(WARM[-1], "warm"))
    pairs: dict[Level, list[tuple[Measured, Measured]]] = {level: [] for level in levels}
    for number in range(rounds):
        for level in levels:
            mine = measure(asyncio.run(ours.block(level)))
            theirs = measure(asyncio.run(stock.block(level, f"{number}-{level.at_once}")))
            pairs[level].append((mine, theirs))
            say(_line(number + 1, rounds, level, mine, theirs))
    return [
        Compared(level.at_once, [mine for mine, _ in found], [theirs for _, theirs in found])
        for level, found in pairs.items()
    ]


def _line(number: int, rounds: int, level: Level, ours: Measured, stock: Measured) -> str:
    sides = f"{_told('ours', ours)}; {_told('stock', stock)}"
    return f"  round {number} of {rounds}, {level.at_once} at once: {sides}"


def _told(side: str, measured: Measured) -> str:
    return (
        f"{side} {measured.median_ms:.0f} ms ({measured.p95_ms:.0f}), "
        f"{measured.per_second:.1f} a second"
    )
