"""Measures the understanding: `make evaluate`, or `python -m tools.evaluate FILE...`.

On every set: intents, signals and levels by rules alone, model alone and both, with 95 % intervals;
what thresholds cost; whether a confidence means what it says; noise; minimal pairs; how the figures
grow with the corpus; and the errors by kind. Takes some three minutes, most of them the curve.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.understanding import DANGER, MODEL, Level, Reading, with_intent
from bot.understanding.corpus import FOLDER, read
from bot.understanding.model import Model
from bot.understanding.reader import Reader
from bot.understanding.training import train
from nlu.noise import NOISES
from tools.figures import Figures, Row, Share, evaluate, intent_accuracy, load, report

ROOT = Path(__file__).parents[1]
DEV = ROOT.parent / "shared" / "eval" / "dev.jsonl"
PAIRS = ROOT / "tests" / "understanding" / "minimal_pairs.jsonl"
SHARES = (0.25, 0.5, 1.0)
STEPS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)
MOST = 12
"""So many kinds of errors are listed."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent and how likely it is."""

    intent: str
    confidence: float


@dataclass(slots=True)
class Set:
    """Labelled messages, and what was understood of them."""

    name: str
    rows: list[Row]
    guesses: list[Guess] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]

    def both(self, reader: Reader) -> list[Reading]:
        """Rules, model and intent together, as in a turn."""
        return _with_intents(self.texts, self.guesses, reader.read)


def _with_intents(
    texts: Sequence[str], guesses: Sequence[Guess], look: Callable[[str], Reading]
) -> list[Reading]:
    return [
        with_intent(look(text), guess.intent, guess.confidence)
        for text, guess in zip(texts, guesses, strict=True)
    ]


def guesses(texts: Iterable[str], share: float = 1.0) -> list[Guess]:
    """What the intent classifier says, trained on a share of the voices of the corpus."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    command = [str(ROOT / ".venv-rasa/bin/python"), "-m", "nlu.predict", "--share", str(share)]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(f"the intent classifier failed: {done.stderr[-1000:]}")
    return [Guess(**json.loads(line)) for line in done.stdout.splitlines()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all figures; 0 when they could be measured."""
    parser = argparse.ArgumentParser(description=__doc__, prog="tools.evaluate")
    parser.add_argument("files", nargs="*", type=Path, help="JSONL files with text and labels")
    parser.add_argument("--no-curve", action="store_true", help="without the learning curve")
    given = parser.parse_args(arguments)
    sets = [Set(path.stem, load(path)) for path in given.files] or list(_own_sets())
    reader = Reader(Model.load(MODEL))
    say("training the intent classifier")
    _guess(sets)
    for each in sets:
        tell("\n".join(_figures(each, reader)))
    tell("\n".join(_noise(sets, reader)))
    tell(f"minimal pairs (tests): {minimal_pairs(reader)}\n")
    if not given.no_curve:
        tell("\n".join(_curve(sets)))
    return 0


def _own_sets() -> Iterator[Set]:
    if DEV.exists():
        yield Set("dev", load(DEV))
    else:
        tell(f"{DEV} is not there: figures on the project's own splits only.\n")
    for split in ("test", "blind"):
        yield Set(split, [row for file in sorted((FOLDER / split).glob("*")) for row in load(file)])


def _guess(sets: Sequence[Set], share: float = 1.0) -> None:
    found = iter(guesses((text for each in sets for text in each.texts), share))
    for each in sets:
        each.guesses = [next(found) for _ in each.rows]


def _figures(each: Set, reader: Reader) -> Iterator[str]:
    yield f"== {each.name}: {len(each.rows)} messages"
    both = each.both(reader)
    ways = {
        "rules": evaluate(each.rows, [reader.by_rules(text) for text in each.texts]),
        "model": evaluate(each.rows, [reader.by_model(text) for text in each.texts]),
        "both": evaluate(each.rows, both),
    }
    intents = [guess.intent for guess in each.guesses]
    yield f"{'intent (counting also)':<32}{'':18}{intent_accuracy(each.rows, intents)}"
    yield f"{'':<32}{'rules':>9}{'model':>9}  both, with intents [95 %]"
    for name, share in ways["both"].shares.items():
        alone = "".join(f"{ways[way].shares[name].value:9.1%}" for way in ("rules", "model"))
        yield f"{name:<32}{alone}{share}"
    yield _macro(ways)
    yield from ("", report(ways["both"]), "")
    yield from _thresholds(each, reader)
    yield from _reliability(each)
    yield from _errors(each, both)
    yield ""


def _macro(ways: Mapping[str, Figures]) -> str:
    told = "".join(f"{ways[way].macro_f1:9.3f}" for way in ("rules", "model", "both"))
    return f"{'signals, macro F1':<32}{told}"


def _thresholds(each: Set, reader: Reader) -> Iterator[str]:
    """What the model's probability of danger finds, from each threshold on, and what it costs."""
    yield "danger by the model alone, from a probability on: found of crisis, wrong of the rest"
    danger = [reader.danger(text) for text in each.texts]
    truth = [row["level"] == Level.CRISIS for row in each.rows]
    crisis = [p for p, right in zip(danger, truth, strict=True) if right]
    rest = [p for p, right in zip(danger, truth, strict=True) if not right]
    for step in STEPS:
        found, wrong = (Share(sum(p >= step for p in some), len(some)) for some in (crisis, rest))
        yield f"  {step:4.2f}  {found}  {wrong}"


def _reliability(each: Set) -> Iterator[str]:
    """Of the intents with a confidence in a range: how many are right."""
    yield "confidence of the intent: said, right"
    for low in (0.0, 0.3, 0.5, 0.7, 0.9):
        high = {0.0: 0.3, 0.9: 1.01}.get(low, low + 0.2)
        inside = [
            (row, guess)
            for row, guess in zip(each.rows, each.guesses, strict=True)
            if low <= guess.confidence < high
        ]
        said = sum(guess.confidence for _, guess in inside) / (len(inside) or 1)
        right = intent_accuracy([r for r, _ in inside], [g.intent for _, g in inside])
        yield f"  {low:.1f} to {min(high, 1):.1f}  {said:6.1%}  {right}"


def _errors(each: Set, readings: Sequence[Reading]) -> Iterator[str]:
    """Counts only: the words of the blind split are nobody's business before a release."""
    mixed: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for row, guess, reading in zip(each.rows, each.guesses, readings, strict=True):
        if guess.intent not in (row["intent"], *row.get("also", ())):
            mixed[f"{row['intent']} as {guess.intent}"] += 1
        if reading.level != row["level"]:
            levels[f"{row['level']} as {reading.level}"] += 1
        if row["level"] == Level.CRISIS != reading.level and not reading.ask:
            missed[", ".join(sorted(set(row["signals"]) & DANGER)) or "somebody else"] += 1
    for name, counted in (
        ("intents mistaken", mixed),
        ("levels mistaken", levels),
        ("danger neither found nor asked about", missed),
    ):
        told = "; ".join(f"{kind} {n}" for kind, n in counted.most_common(MOST))
        yield f"{name}: {told or 'none'}"


def _noise(sets: Sequence[Set], reader: Reader) -> Iterator[str]:
    """The same messages, made noisy: every figure beside that without noise."""
    yield "== noise: intent, crisis by level, with asking, false alarms, macro F1"
    for each in sets:
        noisy = {
            name: [make(text, random.Random(text)) or text for text in each.texts]
            for name, make in NOISES.items()
        }
        found = iter(guesses(text for texts in noisy.values() for text in texts))
        versions = {"none": (each.texts, each.guesses)}
        for name, texts in noisy.items():
            versions[name] = (texts, [next(found) for _ in texts])
        for name, (texts, told) in versions.items():
            figures = evaluate(each.rows, _with_intents(texts, told, reader.read))
            yield f"{each.name:<6} {name:<9} {_line(each.rows, told, figures)}"
    yield ""


def _line(rows: Sequence[Row], told: Sequence[Guess], figures: Figures) -> str:
    names = ("crisis recall by level", "crisis recall with asking", "false crisis alarms")
    values = [
        intent_accuracy(rows, [guess.intent for guess in told]).value,
        *(figures.shares[name].value for name in names),
        figures.macro_f1,
    ]
    return "  ".join(f"{value:.3f}" for value in values)


def minimal_pairs(reader: Reader, path: Path = PAIRS) -> Share:
    """How many sides of the pairs are read right: the signal here, and not there."""
    right = [
        (pair["signal"] in reader.read(pair[side]).signals) == (side == "with")
        for pair in load(path)
        for side in ("with", "without")
    ]
    return Share(sum(right), len(right))


def _curve(sets: Sequence[Set]) -> Iterator[str]:
    """The figures after training on a quarter, half and all of the voices of the corpus."""
    yield "== learning curve: intent, crisis by level, with asking, false alarms, macro F1"
    messages = read(FOLDER / "train")
    voices = sorted({message.voice for message in messages})
    for share in SHARES:
        say(f"learning curve: {share:.0%}")
        taken = {voice for at, voice in enumerate(voices) if (at * share) % 1 < share}
        part = [message for message in messages if message.voice in taken]
        reader = Reader(train(part, lambda _: None))
        _guess(sets, share)
        for each in sets:
            figures = evaluate(each.rows, each.both(reader))
            told = _line(each.rows, each.guesses, figures)
            yield f"{len(part):>6} messages  {each.name:<6} {told}"


def tell(text: str) -> None:
    """Print figures."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print what is going on."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
