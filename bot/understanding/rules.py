"""Reads a message with the frames: text in, reading out. Pure after import; safe in threads."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.understanding.frame import Frame, load
from bot.understanding.labels import DANGER, Signal
from bot.understanding.patterns import Match, present
from bot.understanding.reading import Finding, Mark, Reading, judge
from bot.understanding.scope import Cues, Scope
from bot.understanding.text import Token, tokens, windows
from bot.understanding.vocabulary import Spots, Vocabulary

# Signals about which a word on somebody else is kept as evidence.
WATCHED = DANGER | {Signal.SELF_NEGLECT}


@dataclass(slots=True)
class Found:
    """What the windows of one message gave so far."""

    findings: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)
    third_party: list[Finding] = field(default_factory=list)
    urgency: list[Mark] = field(default_factory=list)

    def add(self, frame: Frame, start: int, end: int, others: bool) -> None:
        if frame.signal is None:
            self.urgency.append(Mark(start, end, f"rule:{frame.id}"))
        elif frame.other or others:
            if frame.signal in WATCHED and not frame.doubt:
                by = f"rule:third_party.{frame.id}"
                self.third_party.append(Finding(frame.signal, start, end, by))
        else:
            target = self.doubts if frame.doubt else self.findings
            target.append(Finding(frame.signal, start, end, f"rule:{frame.id}"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A frame that was met, from token `first` to token `last`, and what undoes it there."""

    frame: Frame
    first: int
    last: int
    undone: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """One text: per token the word as it was meant and the scopes (see `scope`) that it stands in;
    and the frames that it meets."""

    text: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    scopes: tuple[frozenset[str], ...]
    hits: tuple[Hit, ...]


class Rules:
    """The compiled frames and cues."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._frames = load(self._vocabulary)
        self._cues = Cues(self._vocabulary)
        self._vocabulary.close()

    def look(self, text: str) -> Seen:
        """The words of a text of any length, and every frame that it meets, undone or not."""
        found = tuple(tokens(text))
        words = tuple(self._vocabulary.meant(token.word) for token in found)
        scopes: list[frozenset[str]] = []
        hits: list[Hit] = []
        for begin, window in windows(found):
            spots = self._vocabulary.spots(window)
            bits = present(spots)
            scope = self._cues.scope(window, spots, bits)
            fresh = range(len(scopes) - begin, len(window))
            scopes += (frozenset(scope.undone(((at, at + 1),))) for at in fresh)
            hits += self._hits(begin, spots, bits, scope)
        return Seen(text, found, words, tuple(scopes), tuple(dict.fromkeys(hits)))

    def _hits(self, begin: int, spots: Spots, bits: int, scope: Scope) -> Iterator[Hit]:
        for frame in self._frames:
            for match in _matches(frame, spots, bits, scope):
                undone = frozenset(scope.undone(match) - frame.keeps)
                if _spared(frame, match, spots, scope):
                    undone |= {"unless"}
                yield Hit(frame, begin + match[0][0], begin + match[-1][1] - 1, undone)


def read(seen: Seen) -> Reading:
    """What the frames that nothing undoes say."""
    found = Found()
    for hit in seen.hits:
        if hit.undone <= {"third"}:
            start, end = seen.tokens[hit.first].start, seen.tokens[hit.last].end
            found.add(hit.frame, start, end, bool(hit.undone))
    return judge(
        Reading(
            findings=_tidy(found.findings),
            doubts=_tidy(found.doubts),
            third_party=_tidy(found.third_party),
            urgency=tuple(dict.fromkeys(found.urgency)),
            length=len(seen.text),
        )
    )


def _matches(frame: Frame, spots: Spots, bits: int, scope: Scope) -> Iterator[Match]:
    for unit, pattern in frame.patterns:
        if pattern.needs & bits == pattern.needs:
            yield from pattern.find(spots, scope.units.of(unit))


def _spared(frame: Frame, match: Match, spots: Spots, scope: Scope) -> bool:
    """Whether something of the frame's `unless` stands in the sentence of a match."""
    sentence = scope.units.sentence[match[0][0]]
    return any(
        scope.units.sentence[at] == sentence
        for element in frame.unless
        for at in spots.get(element, ())
    )


def _tidy(findings: list[Finding]) -> tuple[Finding, ...]:
    """In the order of the text, without what lies inside another span of the same signal."""
    unique = sorted(dict.fromkeys(findings), key=lambda f: (f.start, -f.end, f.signal, f.by))
    kept: list[Finding] = []
    for finding in unique:
        if not any(other.signal == finding.signal and other.end >= finding.end for other in kept):
            kept.append(finding)
    return tuple(kept)
