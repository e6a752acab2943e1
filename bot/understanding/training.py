"""Trains the signal model on the corpus: `python -m bot.understanding.training --out FILE`.

Linear support vector machines, one per output, calibrated on messages of voices that the machine
did not see (Platt 1999), so that a probability means what it says.
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from bot.understanding.corpus import FOLDER, Labelled, read
from bot.understanding.features import BITS, numbered
from bot.understanding.labels import LONELINESS, Level
from bot.understanding.model import (
    CRISIS,
    LONELY,
    OTHER,
    OUTPUTS,
    PRESSING,
    Floats,
    Model,
    danger_odds,
    logistic,
    output,
    weighed,
)
from bot.understanding.rules import Rules
from nlu.noise import keyboard

PENALTY = 0.5
FOLDS = 4
STEPS = np.arange(0.10, 0.91, 0.02)
"""Probabilities that are tried as the one from which a signal counts."""

Say = Callable[[str], None]
Truth = NDArray[np.bool_]


def wanted(message: Labelled) -> list[bool]:
    """What each output should be for a message, in the order of OUTPUTS."""
    about_other = message.intent == "report_other"
    special = {
        OTHER: about_other and message.level is Level.CRISIS,
        PRESSING: message.intent == "ask_human" and message.level is Level.URGENT,
        CRISIS: message.level is Level.CRISIS,
        LONELY: bool(message.signals & LONELINESS),
    }
    return [special.get(name, name in message.signals) for name in OUTPUTS]


def train(messages: Sequence[Labelled], say: Say) -> Model:
    """A model of these messages; about a minute for 20,000. The same messages, the same model."""
    texts = [message.text for message in messages]
    texts += [keyboard(message.text, random.Random(message.id)) for message in messages]
    say(f"reading {len(messages)} messages, and once more with typing errors")
    rules = Rules()
    rows = [numbered(rules.look(text))[1] for text in texts]
    rarity = _rarity(rows)
    matrix = _matrix(rows, rarity)
    truth = np.array([wanted(message) for message in (*messages, *messages)])
    say(f"calibrating in {FOLDS} folds")
    voices = [message.voice for message in (*messages, *messages)]
    clean = slice(len(messages))
    margins = _unseen(matrix, truth, voices, say)[clean]
    slope, offset = _calibrated(margins, truth[clean])
    odds = margins * slope + offset
    danger = _calibrated(danger_odds(odds)[:, None], truth[clean][:, [output(CRISIS)]])
    say("training on all of them")
    weights, bias = _machines(matrix, truth)
    # Half precision halves the memory; the weights' own noise is far greater.
    half: Floats = weights.T.astype(np.float16)
    return Model(
        version=hashlib.sha256(half.tobytes()).hexdigest()[:8],
        rarity=rarity,
        weights=half,
        bias=bias,
        slope=slope,
        offset=offset,
        danger=np.concatenate(danger),
        counts_from=_best_steps(logistic(odds), truth[clean]),
    )


def _rarity(rows: Sequence[NDArray[np.int64]]) -> Floats:
    """Inverse document frequency of every feature, smoothed as if one message had them all."""
    often = np.bincount(np.concatenate([np.unique(row) for row in rows]), minlength=1 << BITS)
    return np.asarray(np.log((1 + len(rows)) / (1 + often)) + 1, dtype=np.float32)


def _matrix(rows: Sequence[NDArray[np.int64]], rarity: Floats) -> csr_matrix:
    """Messages x features; csr_matrix adds up what stands twice in a row."""
    ends = np.cumsum([0, *map(len, rows)])
    values = np.concatenate([weighed(row, rarity) for row in rows]).astype(np.float64)
    matrix = csr_matrix((values, np.concatenate(rows), ends), shape=(len(rows), 1 << BITS))
    matrix.sum_duplicates()
    return matrix


def _machines(matrix: csr_matrix, truth: Truth) -> tuple[Floats, Floats]:
    """Weights (outputs x features) and biases."""
    found = [LinearSVC(C=PENALTY, random_state=0).fit(matrix, right) for right in truth.T]
    weights = np.vstack([machine.coef_[0] for machine in found]).astype(np.float32)
    return weights, np.array([machine.intercept_[0] for machine in found], dtype=np.float32)


def _unseen(matrix: csr_matrix, truth: Truth, voices: Sequence[str], say: Say) -> Floats:
    """The margins (messages x outputs) that machines give which saw nothing of the same voice."""
    margins = np.zeros(truth.shape, dtype=np.float32)
    folds = GroupKFold(FOLDS).split(matrix, groups=voices)
    for number, (seen, unseen) in enumerate(folds, 1):
        weights, bias = _machines(matrix[seen], truth[seen])
        margins[unseen] = matrix[unseen] @ weights.T + bias
        say(f"  fold {number} of {FOLDS}")
    return margins


def _calibrated(margins: Floats, truth: Truth) -> tuple[Floats, Floats]:
    """Per column the slope and offset that make a margin a log-odds."""
    fits = [
        LogisticRegression(C=1e6).fit(margin[:, None], right)
        for margin, right in zip(margins.T, truth.T, strict=True)
    ]
    slope = np.array([fit.coef_[0, 0] for fit in fits], dtype=np.float32)
    return slope, np.array([fit.intercept_[0] for fit in fits], dtype=np.float32)


def _best_steps(probability: NDArray[np.floating], truth: Truth) -> Floats:
    """Per output the probability from which counting it gives the best F1."""

    def best(column: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
        counted = column[:, None] >= STEPS
        hits = (counted & right[:, None]).sum(axis=0)
        return float(STEPS[np.argmax(2 * hits / (counted.sum(axis=0) + right.sum()))])

    columns = zip(probability.T, truth.T, strict=True)
    return np.array([best(column, right) for column, right in columns], dtype=np.float32)


def main() -> int:
    """Train on the train split, or on another folder, and keep the model."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bot.understanding.training")
    parser.add_argument("--corpus", type=Path, default=FOLDER / "train", help="a folder of *.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="the model, a .npz file")
    given = parser.parse_args()
    began = time.monotonic()

    def say(line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:5.0f} s  {line}\n")
        sys.stdout.flush()

    messages = read(given.corpus)
    if not messages:
        parser.error(f"{given.corpus} holds no messages (*.jsonl)")
    model = train(messages, say)
    model.save(given.out)
    say(f"model {model.version} is in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
