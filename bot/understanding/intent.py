"""What a predicted intent adds to a reading of the words."""

from dataclasses import replace

from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher
from bot.understanding.reading import Finding, Reading

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
    if intent == "share_loneliness":
        return _lonely(reading, confidence)
    if intent == "ask_human" and reading.urgency:
        return replace(reading, level=higher(reading.level, Level.URGENT))
    return reading


def _crisis(reading: Reading, confidence: float) -> Reading:
    """Ask about the danger that is doubted, or else, with the whole message, about suicide.

    Rules and model know more of the words than the intent does; it can only make Praatje ask.
    """
    if reading.level is Level.CRISIS or reading.doubts or not reading.length:
        return reading
    whole = Finding(Signal.SUICIDE, 0, reading.length, "intent:crisis", confidence)
    return replace(reading, doubts=(whole,))


def _lonely(reading: Reading, confidence: float) -> Reading:
    """Loneliness in words that rules and model do not know; of its forms `social` is commonest."""
    if LONELINESS.intersection(reading.signals) or not reading.length:
        return reading
    whole = Finding(Signal.SOCIAL, 0, reading.length, "intent:share_loneliness", confidence)
    level = higher(reading.level, Level.CONCERN)
    return replace(reading, findings=(*reading.findings, whole), level=level)


def _about_other(reading: Reading) -> Reading:
    """Nothing is about the resident any more; danger, sure by the rules, is about the other."""
    moved = tuple(finding for finding in reading.findings if finding.signal in DANGER)
    third_party = (*reading.third_party, *moved)
    crisis = any(finding.signal in DANGER for finding in third_party)
    level = Level.CRISIS if crisis else reading.level
    return replace(reading, findings=(), doubts=(), third_party=third_party, level=level)
