"""What a message shows: signals with spans, a level, and the dangers to ask about.

Text in, `Reading` out, by frames over word lists; see `frames/` and `lexicons/` for the Dutch.
Nothing here is a diagnosis: a reading only says what a person should look at, and how soon.
"""

from functools import cache
from typing import TYPE_CHECKING

from bot.understanding.intent import with_intent
from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher
from bot.understanding.reading import Evidence, Finding, Mark, Reading, evidence

if TYPE_CHECKING:
    from bot.understanding.rules import Rules


@cache
def _rules() -> "Rules":
    """The rules, compiled at the first reading.

    Imported here, because they bring spaCy and its Dutch words, some 190 MB that a process which
    only knows the labels (the action server) can do without.
    """
    from bot.understanding.rules import Rules

    return Rules()


def read(text: str) -> Reading:
    """What a message of any length shows; pure, and safe to call from many threads.

    The first call of a process takes about two seconds, for the rules are compiled then.
    """
    return _rules().read(text)


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
