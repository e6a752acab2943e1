"""What a message shows: signals with spans, a level, and the dangers to ask about.

Text in, `Reading` out: frames over word lists (`frames/`, `lexicons/`) and a model trained on the
corpus (docs/corpus.md); what either finds stands. Nothing here is a diagnosis: a reading only says
what a person should look at, and how soon.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.understanding.intent import with_intent
from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher
from bot.understanding.reading import Evidence, Finding, Mark, Reading, evidence

if TYPE_CHECKING:
    from bot.understanding.reader import Reader

MODEL = Path(__file__).parents[2] / "var" / "models" / "signals.npz"
"""Where set-up puts the signal model."""


@cache
def _reader() -> "Reader":
    """The reader, made at the first reading.

    Imported here, because it brings spaCy and its Dutch words, some 190 MB that a process which
    only knows the labels (the action server) can do without.
    """
    from bot.understanding.model import Model
    from bot.understanding.reader import Reader

    return Reader(Model.load(MODEL))


def read(text: str) -> Reading:
    """What a message of any length shows; pure, and safe to call from many threads.

    The first call of a process takes about two seconds, for the rules are compiled then. It raises
    ModelMissing when set-up has not trained the signal model.
    """
    return _reader().read(text)


__all__ = [
    "DANGER",
    "LONELINESS",
    "MODEL",
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
