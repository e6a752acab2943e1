"""What a predicted intent adds to a reading of the words."""

from dataclasses import replace

from bot.understanding.labels import DANGER, Level, Signal, higher
from bot.understanding.reading import Finding, Reading

# From here on a predicted crisis counts by itself; below it a rule has to doubt as well.
SURE = 0.9
# From here on an intent is worth acting on at all.
LIKELY = 0.5


def with_intent(reading: Reading, intent: str, confidence: float) -> Reading:
    """The reading once the intent (see `labels.md`) is known with a confidence of 0 to 1.

    An intent never lowers the level: a danger that it takes from the resident is danger to
    somebody else.
    """
    if confidence < LIKELY:
        return reading
    if intent == "crisis":
        return _crisis(reading, confidence)
    if intent == "report_other":
        return _about_other(reading)
    if intent == "ask_human" and reading.urgency:
        return replace(reading, level=higher(reading.level, Level.URGENT))
    return reading


def _crisis(reading: Reading, confidence: float) -> Reading:
    """Ask about the danger that the rules doubt, or else, with the whole message, about suicide."""
    if reading.level is Level.CRISIS or not reading.length:
        return reading
    sure = confidence >= SURE or bool(reading.doubts)
    level = Level.CRISIS if sure else reading.level
    whole = Finding(Signal.SUICIDE, 0, reading.length, "intent:crisis", confidence)
    return replace(reading, level=level, doubts=reading.doubts or (whole,))


def _about_other(reading: Reading) -> Reading:
    """Nothing is about the resident any more; danger, sure by the rules, is about the other."""
    moved = tuple(finding for finding in reading.findings if finding.signal in DANGER)
    third_party = (*reading.third_party, *moved)
    crisis = any(finding.signal in DANGER for finding in third_party)
    level = Level.CRISIS if crisis else reading.level
    return replace(reading, findings=(), doubts=(), third_party=third_party, level=level)
