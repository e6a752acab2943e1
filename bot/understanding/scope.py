"""What stands around a match and can undo it: negation, past, a mere "if", idiom, film, others.

The cues are data (`lexicons/scope.toml`); how far each one reaches is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.understanding.data import table
from bot.understanding.patterns import Match, Pattern, say
from bot.understanding.text import Token
from bot.understanding.vocabulary import Spots, Vocabulary

BEFORE, AFTER = 9, 5
# A comma opens a clause only when this many words stand before it ("mijn zoon, die belt nooit").
CLAUSE = 3


@dataclass(slots=True)
class Units:
    """Per token: the number of its clause and of its sentence."""

    clause: list[int] = field(default_factory=list)
    sentence: list[int] = field(default_factory=list)

    def of(self, unit: str) -> list[int]:
        """Per token the number of the unit that a match may not leave."""
        if unit == "text":
            return [0] * len(self.sentence)
        return self.clause if unit == "clause" else self.sentence


@dataclass(slots=True)
class Scope:
    """What the cues in one window of tokens say."""

    units: Units
    negations: list[tuple[int, int]]
    denials: list[int]
    masked: set[int]
    media: set[int]
    past: set[int]
    hypothetical: set[int]
    third: list[bool]
    first: set[int]

    def undone(self, match: Match) -> set[str]:
        """The names of the scopes that a match lies in."""
        taken = {at for begin, end in match for at in range(begin, end)}
        clauses = {self.units.clause[at] for at in taken}
        sentence = self.units.sentence[match[0][0]]
        names = {
            "negated": self._negated(match, taken),
            "idiom": bool(taken & self.masked),
            "media": sentence in self.media,
            "past": bool(clauses & self.past),
            "hypothetical": bool(clauses & self.hypothetical),
            "third": self.third[match[-1][1] - 1] and not taken & self.first,
        }
        return {name for name, holds in names.items() if holds}

    def _negated(self, match: Match, taken: set[int]) -> bool:
        start, end = match[0][0], match[-1][1]
        sentence = self.units.sentence[start]
        if any(at <= start and self.units.sentence[at] == sentence for at in self.denials):
            return True
        clauses = {self.units.clause[at] for at in taken}
        cues = [cue for cue in self.negations if self.units.clause[cue[0]] in clauses]
        # A frame that says "nobody" or "not" itself is only made stronger by another one.
        if any(taken.intersection(range(*cue)) for cue in cues):
            return False
        return any(start - BEFORE <= cue[0] < end + AFTER for cue in cues)


class Cues:
    """The cue patterns, compiled once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._patterns: dict[str, list[Pattern]] = {
            name: [say(pattern, vocabulary) for pattern in patterns]
            for name, patterns in table("lexicons/scope.toml")["cues"].items()
        }

    def scope(self, found: Sequence[Token], spots: Spots, bits: int) -> Scope:
        """Everything that the cues say about one window of tokens."""
        sentence = _sentences(found)
        cues = {name: self._find(name, spots, bits, sentence) for name in self._patterns}
        units = _units(found, sentence, _begins(cues["clause"]), _begins(cues["first"]))
        neutral = _tokens(cues["no_negation"])
        now = _clauses(cues["now"], units)
        return Scope(
            units=units,
            negations=[match[0] for match in cues["negation"] if match[0][0] not in neutral],
            denials=[match[-1][1] for match in cues["denial"]],
            masked=_tokens(cues["idiom"]),
            media={sentence[match[0][0]] for match in cues["media"]},
            past=_until_now(_clauses(cues["past"], units), now, units),
            hypothetical=_through_and(_clauses(cues["hypothetical"], units), found, units),
            third=_others(found, units, cues),
            first=_tokens(cues["me"]),
        )

    def _find(self, cue: str, spots: Spots, bits: int, sentence: list[int]) -> list[Match]:
        return [
            match
            for pattern in self._patterns[cue]
            if pattern.needs & bits == pattern.needs
            for match in pattern.find(spots, sentence)
        ]


def _others(found: Sequence[Token], units: Units, cues: dict[str, list[Match]]) -> list[bool]:
    """Per token whether its clause has somebody else for its subject.

    A clause without a subject takes over that of the clause before it in its sentence; what
    somebody else is quoted to say about "I" is about that person.
    """
    first, third = _clauses(cues["first"], units), _clauses(cues["third"], units)
    saying = _clauses(cues["third_says"], units)
    answers: list[bool] = []
    before = speaker = False
    for at, token in enumerate(found):
        clause = units.clause[at]
        new_sentence = at > 0 and units.sentence[at] != units.sentence[at - 1]
        speaker = clause in saying or (speaker and token.quoted)
        carried = before and not new_sentence
        before = clause not in first and (clause in third or carried)
        answers.append(before or (token.quoted and speaker))
    return answers


def _sentences(found: Sequence[Token]) -> list[int]:
    numbers, number = [], 0
    for token in found:
        number += token.stop
        numbers.append(number)
    return numbers


def _units(
    found: Sequence[Token], sentence: list[int], starts: set[int], subjects: set[int]
) -> Units:
    """Clauses begin at a stop, after a longer stretch and a comma, at a conjunction, and at a
    second "ik": chat has few commas."""
    units = Units(sentence=sentence)
    number = length = 0
    subject = False
    for at, token in enumerate(found):
        second = at in subjects and subject
        comma = token.comma and length >= CLAUSE
        if token.stop or comma or (length > 0 and (at in starts or second)):
            number, length, subject = number + 1, 0, False
        subject = subject or at in subjects
        length += 1
        units.clause.append(number)
    return units


def _until_now(past: set[int], now: set[int], units: Units) -> set[int]:
    """The past goes on through the clauses of its sentence until one speaks of now."""
    sentence_of = dict(zip(units.clause, units.sentence, strict=True))
    told: set[int] = set()
    for clause in sentence_of:
        goes_on = clause - 1 in told and sentence_of[clause - 1] == sentence_of[clause]
        if clause not in now and (clause in past or goes_on):
            told.add(clause)
    return told


def _tokens(matches: list[Match]) -> set[int]:
    return {at for match in matches for begin, end in match for at in range(begin, end)}


def _through_and(supposed: set[int], found: Sequence[Token], units: Units) -> set[int]:
    """What is supposed goes on after "en" ("stel dat ik val en niet overeind kom")."""
    goes_on = set(supposed)
    for at, token in enumerate(found):
        clause = units.clause[at]
        if token.word == "en" and not token.stop and clause - 1 in goes_on:
            goes_on.add(clause)
    return goes_on


def _begins(matches: list[Match]) -> set[int]:
    return {match[0][0] for match in matches}


def _clauses(matches: list[Match], units: Units) -> set[int]:
    return {units.clause[at] for at in _tokens(matches)}
