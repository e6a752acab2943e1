"""What readings of labelled messages are worth: shares with their 95 % intervals."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from bot.understanding import DANGER, Level, Reading, Signal

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with a 95 % Wilson score interval (zero of zero is unknown: 0 to 1)."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.96, self.total, self.value
        middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)
        return max(low, 0.0), min(high, 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:6.1%}  {self.hits:>4}/{self.total:<4} [{low:.1%} - {high:.1%}]"


@dataclass(frozen=True, slots=True)
class SignalFigures:
    """How well one signal was found."""

    precision: Share
    recall: Share

    @property
    def f1(self) -> float:
        found, wanted = self.precision, self.recall
        return 2 * wanted.hits / ((found.total + wanted.total) or 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a labelled file says about the readings."""

    shares: Mapping[str, Share]
    signals: Mapping[Signal, SignalFigures]

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the signals that the file has at all."""
        scores = [f.f1 for f in self.signals.values() if f.recall.total]
        return sum(scores) / len(scores) if scores else 0.0


def evaluate(rows: Sequence[Row], readings: Sequence[Reading]) -> Figures:
    """Compare what was read in each row's text with its `signals` and `level`."""
    pairs = list(zip(rows, readings, strict=True))
    return Figures(_shares(pairs), {signal: _signal(pairs, signal) for signal in Signal})


def intent_accuracy(rows: Sequence[Row], intents: Sequence[str]) -> Share:
    """How often the intent is that of the row, or one of those that its `also` allows."""
    right = (
        intent in (row["intent"], *row.get("also", ()))
        for row, intent in zip(rows, intents, strict=True)
    )
    return Share(sum(right), len(rows))


def _shares(pairs: Sequence[tuple[Row, Reading]]) -> dict[str, Share]:
    crisis = [reading for row, reading in pairs if row["level"] == Level.CRISIS]
    rest = [reading for row, reading in pairs if row["level"] != Level.CRISIS]
    concern = [reading for row, reading in pairs if row["level"] == Level.CONCERN]
    urgent = [reading for row, reading in pairs if row["level"] == Level.URGENT]
    quiet = [reading for row, reading in pairs if row["level"] == Level.NONE]
    danger = [(row, r) for row, r in pairs if DANGER.intersection(row["signals"])]
    return {
        "crisis recall by level": _share(crisis, lambda r: r.level is Level.CRISIS),
        "crisis recall with asking": _share(crisis, lambda r: r.level is Level.CRISIS or r.ask),
        "right danger named or asked": Share(
            sum(set(row["signals"]) & DANGER <= {*r.signals, *r.ask} for row, r in danger),
            len(danger),
        ),
        "false crisis alarms": _share(rest, lambda r: r.level is Level.CRISIS),
        "asked without danger": _share(rest, _only_asks),
        "urgent recall (or higher)": _share(urgent, lambda r: r.level.rank >= Level.URGENT.rank),
        "concern recall (or higher)": _share(concern, lambda r: r.level is not Level.NONE),
        "none kept none": _share(quiet, lambda r: r.level is Level.NONE),
        "level exact": Share(sum(r.level == row["level"] for row, r in pairs), len(pairs)),
    }


def _only_asks(reading: Reading) -> bool:
    return bool(reading.ask) and reading.level is not Level.CRISIS


def _share(readings: Sequence[Reading], holds: Callable[[Reading], object]) -> Share:
    return Share(sum(bool(holds(reading)) for reading in readings), len(readings))


def _signal(pairs: Sequence[tuple[Row, Reading]], signal: Signal) -> SignalFigures:
    found = [row for row, reading in pairs if signal in reading.signals]
    wanted = sum(signal in row["signals"] for row, _ in pairs)
    hits = sum(signal in row["signals"] for row in found)
    return SignalFigures(Share(hits, len(found)), Share(hits, wanted))


def load(path: Path) -> list[Row]:
    """The rows of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def report(figures: Figures) -> str:
    """The figures as a plain table."""
    lines = [f"{name:<28} {share}" for name, share in figures.shares.items()]
    lines.append(f"{'signals, macro F1':<28} {figures.macro_f1:6.3f}")
    for signal, figure in figures.signals.items():
        if figure.recall.total or figure.precision.total:
            lines.append(f"  {signal:<18} precision {figure.precision}  recall {figure.recall}")
    return "\n".join(lines)
