"""From turns to figures: median, 95th percentile, turns a second, and ratios pair by pair. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True)
class Turn:
    """One text in, one reply out; seconds on the machine's monotonic clock.

    `answered_at` is None when no reply came, or only an empty or safe one.
    """

    said_at: float
    answered_at: float | None

    @property
    def seconds(self) -> float:
        """How long it took; only of a turn that was answered."""
        assert self.answered_at is not None
        return self.answered_at - self.said_at


@dataclass(frozen=True, slots=True)
class Measured:
    """What one block of turns showed."""

    median_ms: float
    p95_ms: float
    per_second: float
    turns: int
    unanswered: int


class NothingMeasured(Exception):
    """No turn was answered: the measurement itself failed."""


def measure(turns: Sequence[Turn]) -> Measured:
    """Figures of a block; turns a second count from the first text to the last reply."""
    answered = [turn for turn in turns if turn.answered_at is not None]
    if not answered:
        raise NothingMeasured(f"none of {len(turns)} turns was answered")
    millis = sorted(turn.seconds * 1000 for turn in answered)
    began = min(turn.said_at for turn in turns)
    ended = max(turn.answered_at for turn in answered if turn.answered_at is not None)
    return Measured(
        median_ms=median(millis),
        p95_ms=percentile(millis, 95),
        per_second=len(answered) / (ended - began),
        turns=len(answered),
        unanswered=len(turns) - len(answered),
    )


def percentile(ascending: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed (nearest rank)."""
    return ascending[max(0, ceil(len(ascending) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours divided by stock's, pair by pair: median of the pairs, least and most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, ours: Sequence[float], stock: Sequence[float]) -> "Ratio":
        pairs = [mine / theirs for mine, theirs in zip(ours, stock, strict=True)]
        return cls(median(pairs), min(pairs), max(pairs))


@dataclass(frozen=True, slots=True)
class Compared:
    """All rounds at one number of residents at once; a round of ours and of stock's is a pair."""

    at_once: int
    ours: Sequence[Measured]
    stock: Sequence[Measured]

    def middle(self, side: str, figure: str) -> float:
        """The median over the rounds of one figure of `ours` or `stock`."""
        return median(self._all(side, figure))

    def ratio(self, figure: str) -> Ratio:
        return Ratio.of(self._all("ours", figure), self._all("stock", figure))

    def unanswered(self, side: str) -> int:
        return sum(measured.unanswered for measured in getattr(self, side))

    def _all(self, side: str, figure: str) -> list[float]:
        return [getattr(measured, figure) for measured in getattr(self, side)]
