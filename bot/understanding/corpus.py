"""The corpus of made-up, labelled messages (docs/corpus.md), read from its files."""

import json
from dataclasses import dataclass
from pathlib import Path

from bot.understanding.labels import Level, Signal

FOLDER = Path(__file__).parents[2] / "data" / "nlu"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message with its labels; `voice` says who would write it."""

    id: str
    text: str
    intent: str
    signals: frozenset[Signal]
    level: Level
    voice: str

    @classmethod
    def of(cls, line: str) -> "Labelled":
        """From a line of a corpus file. Raises ValueError for names that are not in labels.md."""
        found = json.loads(line)
        signals = frozenset(Signal(name) for name in found["signals"])
        level = Level(found["level"])
        return cls(found["id"], found["text"], found["intent"], signals, level, found["voice"])


def read(folder: Path = FOLDER) -> list[Labelled]:
    """Every message below a folder, file by file."""
    files = sorted(folder.rglob("*.jsonl"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [Labelled.of(line) for line in lines]
