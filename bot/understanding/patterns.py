"""A small language for word patterns, and the search for them in a message.

`say` patterns keep their order: elements (see `vocabulary`) with a blank between them; `..` lets up
to three and `...` up to six words stand in between; `?` behind an element makes it optional.
`mix` patterns are lists of elements in any order, close together: this is how free Dutch word
order, dialect and learners' Dutch are met.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.understanding.vocabulary import Spots, Vocabulary

GAPS = {"..": 3, "...": 6}
# A match: the token ranges that its elements took.
Match = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One element of an ordered pattern, and how many words may stand before it."""

    element: int
    gap: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Say:
    """Elements in this order."""

    parts: tuple[Part, ...]
    needs: int

    def find(self, spots: Spots, units: Sequence[int]) -> Iterator[Match]:
        """One match for each place where the first element stands."""
        first = self.parts[0].element
        for start in spots.get(first, ()):
            match = self._follow(spots, units, 0, start)
            if match is not None:
                yield match

    def _follow(self, spots: Spots, units: Sequence[int], part: int, at: int) -> Match | None:
        if part == len(self.parts):
            return ()
        wanted = self.parts[part]
        places = spots.get(wanted.element, {})
        for place in range(at, min(at + wanted.gap + 1, len(units))):
            if place > 0 and part > 0 and units[place] != units[at - 1]:
                break
            for end in places.get(place, ()):
                rest = self._follow(spots, units, part + 1, end)
                if rest is not None:
                    return ((place, end), *rest)
        return self._follow(spots, units, part + 1, at) if wanted.optional else None


@dataclass(frozen=True, slots=True)
class Mix:
    """Elements in any order, within so many words of the first one."""

    elements: tuple[int, ...]
    within: int
    needs: int

    def find(self, spots: Spots, units: Sequence[int]) -> Iterator[Match]:
        """One match for each place of the first element: the nearest of each other one."""
        for start, ends in spots.get(self.elements[0], {}).items():
            match = self._around(spots, units, (start, ends[0]))
            if match is not None:
                yield match

    def _around(self, spots: Spots, units: Sequence[int], first: tuple[int, int]) -> Match | None:
        taken = [first]
        for element in self.elements[1:]:
            places = spots.get(element, {})
            free = [
                (abs(place - first[0]), place, places[place][0])
                for place in range(first[0] - self.within, first[0] + self.within + 1)
                if place in places
                and units[place] == units[first[0]]
                and all(places[place][0] <= begin or place >= end for begin, end in taken)
            ]
            if not free:
                return None
            taken.append(min(free)[1:])
        return tuple(sorted(taken))


Pattern = Say | Mix


def say(pattern: str, vocabulary: Vocabulary) -> Say:
    """An ordered pattern from its text; its first element is not optional."""
    parts: list[Part] = []
    needs = gap = 0
    for element in pattern.split():
        if element in GAPS:
            gap = GAPS[element]
            continue
        number, optional = vocabulary.number(element.removesuffix("?")), element.endswith("?")
        parts.append(Part(number, gap, optional))
        needs |= 0 if optional else 1 << number
        gap = 0
    if not parts or parts[0].optional:
        raise ValueError(f"a pattern begins with something that must be there: {pattern!r}")
    return Say(tuple(parts), needs)


def mix(elements: list[str], within: int, vocabulary: Vocabulary) -> Mix:
    """An unordered pattern from its elements."""
    numbers = tuple(vocabulary.number(element) for element in elements)
    return Mix(numbers, within, sum(1 << number for number in set(numbers)))


def present(spots: Spots) -> int:
    """The elements that a message has, as bits, to rule out most patterns at once."""
    bits = 0
    for element in spots:
        bits |= 1 << element
    return bits
