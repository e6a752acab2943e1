"""Frames: what a message means when words of certain kinds stand together (`frames/*.toml`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bot.understanding.data import tables
from bot.understanding.labels import Signal
from bot.understanding.patterns import Pattern, mix, say
from bot.understanding.vocabulary import Vocabulary

Unit = Literal["clause", "sentence", "text"]
ORDERED: Unit = "sentence"
UNORDERED: Unit = "clause"
WITHIN = 9


@dataclass(frozen=True, slots=True)
class Frame:
    """Patterns that mean one thing.

    `signal` is None for a plea that cannot wait. `doubt`: ask, do not conclude. `keeps` names the
    scopes (see `scope`) that do not undo it. `other`: it speaks of somebody else by itself.
    `unless`: elements that undo it when they stand in the same sentence.
    """

    id: str
    signal: Signal | None
    doubt: bool
    other: bool
    keeps: frozenset[str]
    patterns: tuple[tuple[Unit, Pattern], ...]
    unless: tuple[int, ...]


def load(vocabulary: Vocabulary) -> tuple[Frame, ...]:
    """All frames of all families, in a fixed order."""
    return tuple(_frame(row, vocabulary) for family in tables("frames") for row in family["frame"])


def _frame(row: dict[str, Any], vocabulary: Vocabulary) -> Frame:
    return Frame(
        id=row["id"],
        signal=Signal(row["signal"]) if "signal" in row else None,
        doubt=row.get("doubt", False),
        other=row.get("other", False),
        keeps=frozenset(row.get("keeps", ())),
        patterns=tuple(_patterns(row, vocabulary)),
        unless=tuple(vocabulary.number(element) for element in row.get("unless", ())),
    )


def _patterns(row: dict[str, Any], vocabulary: Vocabulary) -> Iterator[tuple[Unit, Pattern]]:
    for pattern in row.get("say", ()):
        yield row.get("unit", ORDERED), say(pattern, vocabulary)
    for elements in row.get("mix", ()):
        found = mix(elements, row.get("within", WITHIN), vocabulary)
        yield row.get("unit", UNORDERED), found
