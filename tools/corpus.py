"""The corpus of made-up messages: read, held against the definitions, counted.

`python -m tools.corpus` prints the counts, how far two labellers agreed, and every fault; exit
status 1 when there is one. What the files are and how they were made: docs/corpus.md.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bot.understanding.corpus import FOLDER, Labelled, read
from bot.understanding.labels import DANGER, LONELINESS, Level, Signal, higher

ALIKE = 0.6
"""From this share of common four-letter pieces on (Jaccard), two messages are near-duplicates."""
SPLITS = ("train", "test", "blind")
DISAGREEMENTS = Path("data/disagreements.jsonl")
"""What two labellers gave the messages on which they differed, one JSON object a line."""
EVALUATION = Path("../shared/eval/dev.jsonl")
"""Messages of others to measure on; of these nothing may be in the corpus."""


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


def agreement(messages: Sequence[Labelled]) -> str:
    """On which share of messages two labellers agreed, blind to each other.

    What is not among the disagreements was labelled the same twice.
    """
    ids = {message.id for message in messages}
    differ: Counter[str] = Counter()
    for line in DISAGREEMENTS.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        if found["id"] in ids:
            one, other = found["first"], found["second"]
            differ["all three"] += 1
            # The first examples had but an intent before they were labelled a second time.
            differ.update(what for what in one if one[what] != other[what])
    shares = (
        f"{what} {1 - differ[what] / len(messages):.3f}"
        for what in ("intent", "signals", "level", "all three")
    )
    return ", ".join(shares)


def repeats(messages: Sequence[Labelled]) -> Iterator[str]:
    """Messages that nearly repeat another, in any split or among the evaluation messages."""
    lines = EVALUATION.read_text(encoding="utf-8").splitlines() if EVALUATION.exists() else []
    names = [f"{EVALUATION.name} {number}" for number in range(1, len(lines) + 1)]
    names += [message.id for message in messages]
    texts = [json.loads(line)["text"] for line in lines] + [message.text for message in messages]
    for one, other in near_duplicates(texts):
        if other >= len(lines):
            yield f"{names[other]}: nearly the same as {names[one]}"


def main() -> int:
    """Print counts, agreement and faults; 1 when there is a fault."""
    messages = read()
    found = [*faults(messages), *repeats(messages)]
    agreed = (f"agreement on {name}: {agreement(read(FOLDER / name))}" for name in SPLITS)
    told = [counts(messages), *agreed, *found, f"{len(found)} faults"]
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
