"""What one message shows, and where in its text it shows it."""

from dataclasses import dataclass, replace
from typing import TypedDict

from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher

# The frame that asks for a person at once: urgent without any intent.
PLEA = "rule:urgency.person"


@dataclass(frozen=True, slots=True)
class Finding:
    """One signal at `text[start:end]` of the original text (never empty).

    `by` is a stable id such as `rule:suicide.wish`; `score` is 1.0 for a rule.
    """

    signal: Signal
    start: int
    end: int
    by: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A span that says how pressing a request is; it is no signal."""

    start: int
    end: int
    by: str


class Evidence(TypedDict):
    """One highlighted span, ready to print or store; `signal` is None for urgency."""

    signal: str | None
    start: int
    end: int
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was found in one message.

    `findings` are sure and about the resident; `doubts` are dangers to ask about; `third_party`
    is danger or neglect of somebody else; `urgency` marks words that say it cannot wait; `length`
    is that of the text, in characters.
    """

    findings: tuple[Finding, ...] = ()
    level: Level = Level.NONE
    doubts: tuple[Finding, ...] = ()
    third_party: tuple[Finding, ...] = ()
    urgency: tuple[Mark, ...] = ()
    length: int = 0

    @property
    def signals(self) -> tuple[Signal, ...]:
        return in_order({finding.signal for finding in self.findings})

    @property
    def ask(self) -> tuple[Signal, ...]:
        """The dangers that are possible but not sure; never one that is already sure."""
        return in_order({doubt.signal for doubt in self.doubts})

    @property
    def danger_to_other(self) -> bool:
        return any(finding.signal in DANGER for finding in self.third_party)


def in_order(signals: set[Signal]) -> tuple[Signal, ...]:
    """The signals once each, in the order of the enum."""
    return tuple(signal for signal in Signal if signal in signals)


def level_of(signals: set[Signal]) -> Level:
    """The level that signals about the resident give by themselves (`labels.md`)."""
    if signals & DANGER:
        return Level.CRISIS
    if Signal.SELF_NEGLECT in signals:
        return Level.URGENT
    return Level.CONCERN if signals & LONELINESS else Level.NONE


def judge(reading: Reading) -> Reading:
    """The reading with the level that its spans give; what is sure is no doubt any more."""
    sure = {finding.signal for finding in reading.findings}
    doubts = tuple(doubt for doubt in reading.doubts if doubt.signal not in sure)
    level = level_of(sure)
    if reading.danger_to_other:
        level = Level.CRISIS
    elif any(mark.by == PLEA for mark in reading.urgency):
        level = higher(level, Level.URGENT)
    return replace(reading, level=level, doubts=doubts)


def evidence(reading: Reading, text: str) -> list[Evidence]:
    """Every span behind a reading, in the order of the text, with the words that stand there."""
    spans: list[Finding | Mark] = [*reading.findings, *reading.doubts, *reading.third_party]
    spans += reading.urgency
    return [
        Evidence(
            signal=span.signal.value if isinstance(span, Finding) else None,
            start=span.start,
            end=span.end,
            text=text[span.start : span.end],
            by=span.by,
        )
        for span in sorted(spans, key=lambda span: (span.start, span.end, span.by))
    ]
