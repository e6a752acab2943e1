"""The corpus of made-up messages: read, held against the definitions, counted.

`python -m tools.corpus` prints the counts and every fault; exit status 1 when there is one. What
the files are and how they were made: docs/corpus.md.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher

FOLDER = Path(__file__).parents[1] / "data" / "signals"
ALIKE = 0.6
"""From this share of common four-letter pieces on (Jaccard), two messages are near-duplicates."""


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
    return [Labelled.of(line) for file in files for line in _lines(file)]


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def faults(messages: Sequence[Labelled]) -> Iterator[str]:
    """What is wrong with labels and ids, one line each, by the definitions of labels.md."""
    for name, count in Counter(message.id for message in messages).items():
        if count > 1:
            yield f"{name}: {count} messages have this id"
    for message in messages:
        if (message.intent == "crisis") != bool(message.signals & DANGER):
            yield f"{message.id}: intent crisis goes with a danger about the resident, and no other"
        if message.intent == "report_other" and message.signals:
            yield f"{message.id}: a message about somebody else has no signals"
        if message.level not in _levels(message):
            yield f"{message.id}: level {message.level} does not follow from the labels"


def _levels(message: Labelled) -> set[Level]:
    """The levels that intent and signals allow; two where only the words decide."""
    level = Level.NONE
    if message.signals & LONELINESS:
        level = Level.CONCERN
    if Signal.SELF_NEGLECT in message.signals:
        level = Level.URGENT
    if message.signals & DANGER:
        level = Level.CRISIS
    if message.intent == "report_other":
        return {Level.NONE, Level.CRISIS}
    if message.intent == "ask_human":
        return {level, higher(level, Level.URGENT)}
    return {level}


def near_duplicates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of places whose texts are alike, each later text once.

    Two sets that share so much must share one of their rarest pieces, so only those are looked up
    (prefix filtering; Bayardo, Ma and Srikant 2007, "Scaling up all pairs similarity search").
    """
    pieces = [_pieces(text) for text in texts]
    often = Counter(piece for each in pieces for piece in each)
    index: defaultdict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(pieces):
        rarest = sorted(each, key=lambda piece: (often[piece], piece))
        rarest = rarest[: len(each) - int(ALIKE * len(each)) + 1]
        near = {other for piece in rarest for other in index[piece]}
        alike = (other for other in near if _alike(each, pieces[other]))
        if (other := min(alike, default=None)) is not None:
            yield other, place
        for piece in rarest:
            index[piece].append(place)


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return False
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def _pieces(text: str) -> frozenset[str]:
    bare = " ".join(re.findall(r"\w+", text.lower()))
    return frozenset(bare[i : i + 4] for i in range(max(1, len(bare) - 3)))


def counts(messages: Iterable[Labelled]) -> str:
    """How many messages there are of each level, intent and signal."""
    messages = list(messages)
    rows = [
        ("level", Counter(str(message.level) for message in messages)),
        ("intent", Counter(message.intent for message in messages)),
        ("signal", Counter(str(signal) for message in messages for signal in message.signals)),
    ]
    told = [f"{len(messages)} messages, {len({message.voice for message in messages})} voices"]
    for name, found in rows:
        told.append(f"{name}: " + ", ".join(f"{key} {n}" for key, n in found.most_common()))
    return "\n".join(told)


def main() -> int:
    """Print counts and faults; 1 when there is a fault."""
    messages = read()
    found = list(faults(messages))
    for one, other in near_duplicates([message.text for message in messages]):
        found.append(f"{messages[other].id}: nearly the same as {messages[one].id}")
    sys.stdout.write("\n".join([counts(messages), *found, f"{len(found)} faults\n"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
