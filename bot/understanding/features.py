"""What the signal model sees of a message: its words, pieces of them, and the frames it meets.

Each feature belongs to a token, so that what the model finds can be shown in the text.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import log2

import numpy as np
from numpy.typing import NDArray
from spacy.strings import get_string_id

from bot.understanding.rules import Seen

Numbers = NDArray[np.int64]

BITS = 18
"""Features share 2**18 places by their hash (Weinberger et al. 2009, "Feature hashing")."""
PIECES = (2, 3, 4, 5)
EDGE = "_"


def numbered(seen: Seen) -> tuple[Numbers, Numbers]:
    """Per feature, in no order that matters, the place of its token and its own number."""
    pairs = [(at, get_string_id(name) & ((1 << BITS) - 1)) for at, name in _named(seen)]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _named(seen: Seen) -> Iterator[tuple[int, str]]:
    if not seen.tokens:
        return
    for at, (word, scopes) in enumerate(zip(seen.words, seen.scopes, strict=True)):
        yield at, f"word {word}"
        yield from ((at, f"{scope} {word}") for scope in scopes)
    yield from _pairs(seen.words)
    for at, token in enumerate(seen.tokens):
        yield from ((at, f"piece {piece}") for piece in _pieces(token.word))
    for hit in seen.hits:
        undone = min(hit.undone, default="")
        yield hit.first, f"frame {hit.frame.id} {undone}"
        yield hit.first, f"family {hit.frame.id.partition('.')[0]} {undone}"
    # Length in steps of a third, for an answer of two words reads otherwise than a story.
    yield 0, f"length {min(8, int(log2(len(seen.tokens) + 1) * 1.5))}"
    yield 0, f"questions {min(3, seen.text.count('?'))}"
    yield 0, f"exclamations {min(3, seen.text.count('!'))}"


def _pairs(words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    edged = ("", *words, "")
    last = len(words) - 1
    for at, (one, other) in enumerate(pairwise(edged)):
        yield min(at, last), f"pair {one} {other}"


def _pieces(word: str) -> Iterator[str]:
    """Runs of letters, with the edges of the word as letters of their own."""
    edged = f"{EDGE}{word}{EDGE}"
    for length in PIECES:
        if length > len(edged):
            return
        for begin in range(len(edged) - length + 1):
            yield edged[begin : begin + length]
