"""What a message shows: signals with spans, a level, and the dangers to ask about.

Text in, `Reading` out, by frames over word lists; see `frames/` and `lexicons/` for the Dutch.
Nothing here is a diagnosis: a reading only says what a person should look at, and how soon.
"""

from bot.understanding.intent import with_intent
from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher
from bot.understanding.reading import Evidence, Finding, Mark, Reading, evidence
from bot.understanding.rules import Rules

_RULES = Rules()


def read(text: str) -> Reading:
    """What a message of any length shows; pure, and safe to call from many threads."""
    return _RULES.read(text)


__all__ = [
    "DANGER",
    "LONELINESS",
    "Evidence",
    "Finding",
    "Level",
    "Mark",
    "Reading",
    "Signal",
    "evidence",
    "higher",
    "read",
    "with_intent",
]
