"""From a message to words: offsets kept, spelling forgiven, sentences and quotations marked."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from bot.understanding.data import table

WORD = r"(?:[^\W\d_]\.){2,}|['’`´]?[^\W_]+(?:['’`´][^\W_]+)*"
PIECES = re.compile(rf"(?P<word>{WORD})|(?P<stop>\.\.\.+|…|[.!?;\n\r]+)|(?P<other>[^\w\s]+)")
COMMAND = re.compile(r"\s*/(?:start(?:@\w+)?\s+\S+|[^\s/]+)")
QUOTES = frozenset('"“”„«»‘')
LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "đ": "d"})
STRIPPED = str.maketrans("", "", "'’`´.")
# Windows keep the work on a very long text proportional to its length.
WINDOW, OVERLAP = 160, 40


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word and where it stands; `comma` and `stop` tell what came just before it."""

    word: str
    start: int
    end: int
    comma: bool
    stop: bool
    quoted: bool


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Lower case, without accents, apostrophes and drawn-out letters ("heeeel" is "heel")."""
    lowered = word.lower().translate(LETTERS)
    plain = unicodedata.normalize("NFKD", lowered)
    letters = "".join(c for c in plain if not unicodedata.combining(c)).translate(STRIPPED)
    return re.sub(r"(.)\1{2,}", r"\1\1", letters)


@cache
def _spellings() -> dict[str, tuple[str, ...]]:
    """Chat and dialect spelling to the words that the lexicons use ("kben" is "ik ben")."""
    return {
        fold(spelling): tuple(words.split())
        for words, spellings in table("lexicons/spelling.toml")["is"].items()
        for spelling in spellings.split()
    }


def words_of(word: str) -> tuple[str, ...]:
    """The words that one written word stands for; empty when nothing of it is left."""
    folded = fold(word)
    return _spellings().get(folded, (folded,) if folded else ())


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, in order, with their offsets in it."""
    comma = stop = quoted = False
    for piece in PIECES.finditer(text, _after_command(text)):
        if piece["word"] is None:
            mark = piece.group()
            if QUOTES.intersection(mark):
                quoted = not quoted
            soft = piece["other"] is not None or mark[:3] in ("...", "…")
            comma, stop = comma or (soft and mark not in "-/'&+%@#*_~"), stop or not soft
            continue
        for word in words_of(piece.group()):
            yield Token(word, piece.start(), piece.end(), comma, stop, quoted)
            comma = stop = False


def _after_command(text: str) -> int:
    """Where the words begin: "/help" is a button that is typed, and a key follows "/start"."""
    command = COMMAND.match(text)
    return command.end() if command else 0


def windows(found: Sequence[Token]) -> Iterator[tuple[int, Sequence[Token]]]:
    """The tokens in overlapping windows, each with the place of its first token.

    One window for any ordinary message.
    """
    for begin in range(0, max(len(found) - OVERLAP, 1), WINDOW - OVERLAP):
        yield begin, found[begin : begin + WINDOW]
