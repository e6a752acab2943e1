"""Which words of a message belong to which element of which pattern.

An element is a word, `several|words`, a `begin*` or a `{list}` from `lexicons/words.toml`, joined
by `|`. Entries of several words ("over de vloer") are matched as a whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from bot.understanding.data import table
from bot.understanding.spelling import Speller
from bot.understanding.text import Token, words_of

# Per element: the position where it begins -> the positions where it may end (exclusive).
Spots = dict[int, dict[int, list[int]]]
LIST = re.compile(r"\{(\w+)\}")


@cache
def _lists() -> dict[str, str]:
    return dict(table("lexicons/words.toml")["words"])


def entries(element: str) -> Iterator[str]:
    """The words and phrases of an element, with the lists in it opened."""
    for part in element.split("|"):
        name = LIST.fullmatch(part)
        if name is None:
            yield part.replace("_", " ")
            continue
        for entry in _lists()[name[1]].replace("\n", ",").split(","):
            if LIST.fullmatch(entry.strip()):
                yield from entries(entry.strip())
            elif entry.strip():
                yield entry.strip()


class Vocabulary:
    """Gives every element a number and finds the elements in a message."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words: dict[str, list[int]] = defaultdict(list)
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        self._begins: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._speller: Speller | None = None

    def number(self, element: str) -> int:
        """The number of an element; the same element gets the same number."""
        if element not in self._numbers:
            self._numbers[element] = len(self._numbers)
            for entry in dict.fromkeys(entries(element)):
                self._add(entry, self._numbers[element])
        return self._numbers[element]

    def _add(self, entry: str, number: int) -> None:
        if entry.endswith("*"):
            (begin,) = words_of(entry[:-1])
            self._begins[begin[:2]].append((begin, number))
            return
        words = tuple(word for written in entry.split() for word in words_of(written))
        if len(words) == 1:
            self._words[words[0]].append(number)
        else:
            self._phrases[words[0]].append((words, number))

    def close(self) -> None:
        """Learn the spelling of all words, once every element is known."""
        inside = {word for phrases in self._phrases.values() for p, _ in phrases for word in p}
        self._speller = Speller(inside | self._words.keys())
        self._elements_of = lru_cache(maxsize=20_000)(self._find_elements)

    def _find_elements(self, word: str) -> tuple[str, tuple[int, ...]]:
        """The word as it was meant, and the elements that it belongs to by itself."""
        assert self._speller is not None
        begins = [n for begin, n in self._begins.get(word[:2], ()) if word.startswith(begin)]
        meant = word if begins else self._speller.meant(word)
        return meant, tuple(dict.fromkeys([*self._words.get(meant, ()), *begins]))

    def meant(self, word: str) -> str:
        """The word of a token without its typing error."""
        return self._elements_of(word)[0]

    def spots(self, found: Sequence[Token]) -> Spots:
        """Where each element stands in a window of tokens."""
        spots: Spots = defaultdict(dict)
        looked_up = [self._elements_of(token.word) for token in found]
        meant = [word for word, _ in looked_up]
        for at, (word, elements) in enumerate(looked_up):
            for element in elements:
                spots[element][at] = [at + 1]
            for words, element in self._phrases.get(word, ()):
                if tuple(meant[at : at + len(words)]) == words:
                    spots[element].setdefault(at, []).insert(0, at + len(words))
        return spots
