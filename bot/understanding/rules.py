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


class Rules:
    """The compiled frames and cues."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._frames = load(self._vocabulary)
        self._cues = Cues(self._vocabulary)
        self._vocabulary.close()

    def read(self, text: str) -> Reading:
        """What the frames find in a text of any length."""
        found = Found()
        for window in windows(list(tokens(text))):
            self._read_window(window, found)
        return judge(
            Reading(
                findings=_tidy(found.findings),
                doubts=_tidy(found.doubts),
                third_party=_tidy(found.third_party),
                urgency=tuple(dict.fromkeys(found.urgency)),
                length=len(text),
            )
        )

    def _read_window(self, window: list[Token], found: Found) -> None:
        spots = self._vocabulary.spots(window)
        bits = present(spots)
        scope = self._cues.scope(window, spots, bits)
        for frame in self._frames:
            for match in _matches(frame, spots, bits, scope):
                undone = scope.undone(match) - frame.keeps
                if undone <= {"third"}:
                    start, end = window[match[0][0]].start, window[match[-1][1] - 1].end
                    found.add(frame, start, end, bool(undone))


def _matches(frame: Frame, spots: Spots, bits: int, scope: Scope) -> Iterator[Match]:
    """The matches of a frame that nothing of its `unless` stands beside."""
    for unit, pattern in frame.patterns:
        if pattern.needs & bits != pattern.needs:
            continue
        for match in pattern.find(spots, scope.units.of(unit)):
            sentence = scope.units.sentence[match[0][0]]
            if not any(
                scope.units.sentence[at] == sentence
                for element in frame.unless
                for at in spots.get(element, ())
            ):
                yield match


def _tidy(findings: list[Finding]) -> tuple[Finding, ...]:
    """In the order of the text, without what lies inside another span of the same signal."""
    unique = sorted(dict.fromkeys(findings), key=lambda f: (f.start, -f.end, f.signal, f.by))
    kept: list[Finding] = []
    for finding in unique:
        if not any(other.signal == finding.signal and other.end >= finding.end for other in kept):
            kept.append(finding)
    return tuple(kept)
