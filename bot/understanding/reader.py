"""Rules and model together: a text in, a reading out; the higher level of the two stands."""

from dataclasses import dataclass, replace

import numpy as np

from bot.understanding import rules
from bot.understanding.labels import DANGER, LONELINESS, Signal
from bot.understanding.model import (
    DANGERS,
    LONELY,
    OTHER,
    PRESSING,
    Floats,
    Model,
    Scores,
    output,
    thresholds,
)
from bot.understanding.reading import Finding, Mark, Reading, in_order, judge
from bot.understanding.rules import Rules, Seen

# A second danger counts beside the likeliest one when it is likelier than not.
ALSO = 0.5
# Beyond so many words what stands beside danger thins out the model's say too much to doubt a rule.
SHORT = 40
# In so few words there is no room for danger beside what the rules heard denied.
BRIEF = 12


class Reader:
    """Reads messages; pure once it is made, and safe to use from many threads."""

    def __init__(self, model: Model) -> None:
        """Takes about two seconds, for the rules are compiled."""
        self._model = model
        self._rules = Rules()

    def read(self, text: str) -> Reading:
        """What a message of any length shows."""
        seen = self._rules.look(text)
        by_rules = rules.read(seen)
        if not seen.tokens:
            return by_rules
        second = _SecondReading(self._model, seen, self._model.scores(seen))
        return judge(second.added_to(second.doubting(by_rules)))

    def by_rules(self, text: str) -> Reading:
        """What the rules alone make of it; for measuring."""
        return rules.read(self._rules.look(text))

    def by_model(self, text: str) -> Reading:
        """What the model alone makes of it; for measuring."""
        seen = self._rules.look(text)
        empty = Reading(length=len(text))
        if not seen.tokens:
            return empty
        return judge(_SecondReading(self._model, seen, self._model.scores(seen)).added_to(empty))

    def danger(self, text: str) -> float:
        """The model's probability of danger, to anybody; for measuring."""
        seen = self._rules.look(text)
        return self._model.scores(seen).danger if seen.tokens else 0.0


@dataclass(frozen=True, slots=True)
class _SecondReading:
    """What the model makes of one message."""

    model: Model
    seen: Seen
    scores: Scores

    def doubting(self, reading: Reading) -> Reading:
        """The reading of the rules, where the model does not flatly contradict it.

        Then danger becomes a doubt, so that Praatje asks, and any other signal is dropped.
        """
        least = thresholds()
        if len(self.seen.tokens) > SHORT:
            return reading
        likely = {s for s in Signal if self.scores.probability[s] >= least.unlikely}
        if self.scores.probability[LONELY] < least.lonely:
            likely -= LONELINESS
        if self.scores.danger >= least.unlikely:
            likely |= DANGER
        likely.add(Signal.SELF_NEGLECT)  # a risk too: nobody is to be passed over
        kept = tuple(f for f in reading.findings if f.signal in likely)
        shaken = tuple(f for f in reading.findings if f.signal in DANGER - likely)
        return replace(reading, findings=kept, doubts=(*reading.doubts, *shaken))

    def added_to(self, reading: Reading) -> Reading:
        """The reading with what the model finds beyond it."""
        known = set(reading.signals)
        # Danger that the rules heard somebody else say or suffer is not the resident's as well.
        elsewhere = {finding.signal for finding in reading.third_party}
        signals = [self._found(signal) for signal in self._signals() if signal not in known]
        dangers = [found for found in self._dangers() if found.signal not in known | elsewhere]
        denied = self._denied()
        if self.scores.danger < thresholds().sure:
            sure, doubts = [], dangers[:1] if self.scores.danger >= thresholds().ask else []
        else:
            sure = [danger for danger in dangers if danger.signal not in denied]
            doubts = [danger for danger in dangers if danger.signal in denied]
        about_other = self._likeliest() == OTHER
        return replace(
            reading,
            findings=(*reading.findings, *signals, *(() if about_other else sure)),
            doubts=(*reading.doubts, *doubts),
            third_party=(*reading.third_party, *(sure[:1] if about_other else ())),
            urgency=(*reading.urgency, *self._pressing()),
        )

    def _denied(self) -> set[Signal | None]:
        """Signals of which the rules met nothing but what is negated, over, supposed or idiom."""
        if len(self.seen.tokens) > BRIEF:
            return set()
        standing = {hit.frame.signal for hit in self.seen.hits if not hit.undone}
        return {hit.frame.signal for hit in self.seen.hits if hit.undone - {"third"}} - standing

    def _signals(self) -> list[Signal]:
        """The signals, other than danger, that are likely enough to count.

        Where some loneliness is likely, its likeliest form counts, likely enough itself or not.
        """
        counted = {s for s in set(Signal) - DANGER - self._denied() if self._counts(s)}
        if self.scores.probability[LONELY] < thresholds().lonely:
            counted -= LONELINESS
        elif not counted & LONELINESS:
            likeliest = max(sorted(LONELINESS), key=self.scores.probability.__getitem__)
            counted |= {likeliest} - self._denied()
        return list(in_order(counted))

    def _counts(self, name: str) -> bool:
        return self.scores.probability[name] >= float(self.model.counts_from[output(name)])

    def _likeliest(self) -> str:
        return max(DANGERS, key=self.scores.probability.__getitem__)

    def _dangers(self) -> list[Finding]:
        """The dangers that this could be, the likeliest first; at least one."""
        ranked = sorted(sorted(DANGER), key=self.scores.probability.__getitem__, reverse=True)
        likely = [s for s in ranked[1:] if self.scores.probability[s] >= ALSO]
        about = OTHER if self._likeliest() == OTHER else ranked[0]
        first = self._found(ranked[0], about, self.scores.danger)
        return [first, *(self._found(signal) for signal in likely)]

    def _pressing(self) -> list[Mark]:
        if not self._counts(PRESSING):
            return []
        return [Mark(*self._span(PRESSING), self._by(PRESSING))]

    def _found(self, signal: Signal, name: str = "", score: float | None = None) -> Finding:
        name = name or signal
        start, end = self._span(name)
        shown = self.scores.probability[name] if score is None else score
        return Finding(signal, start, end, self._by(name), round(shown, 3))

    def _by(self, name: str) -> str:
        return f"model:{self.model.version}.{name}"

    def _span(self, name: str) -> tuple[int, int]:
        """Where in the text the words stand that speak for an output more than others do."""
        first, last = _strongest(self.scores.by_token[:, output(name)])
        return self.seen.tokens[first].start, self.seen.tokens[last].end


def _strongest(adds: Floats) -> tuple[int, int]:
    """The run with the greatest sum over the mean (Kadane's algorithm); never empty."""
    over = adds - max(float(adds.mean()), 0.0)
    best = total = -np.inf
    begin = 0
    run = (0, 0)
    for at, value in enumerate(over.tolist()):
        if total <= 0:
            begin, total = at, 0.0
        total += value
        if total > best:
            best, run = total, (begin, at)
    return run
