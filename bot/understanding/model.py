"""The trained part of the reading: how likely each signal is, and which words say so.

One linear machine per signal over hashed features; made by `training`, loaded once, then pure.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding.data import table
from bot.understanding.features import BITS, numbered
from bot.understanding.labels import DANGER, Signal
from bot.understanding.rules import Seen

Floats = NDArray[np.floating]

OTHER = "danger_to_other"
PRESSING = "pressing"
CRISIS = "crisis"
LONELY = "lonely"
OUTPUTS: tuple[str, ...] = (*Signal, OTHER, PRESSING, CRISIS, LONELY)
DANGERS = (*sorted(DANGER), OTHER)


def output(name: str) -> int:
    """The column of an output."""
    return _COLUMN[name]


_COLUMN = {name: column for column, name in enumerate(OUTPUTS)}


ARRAYS = ("rarity", "weights", "bias", "slope", "offset", "danger", "counts_from")


class ModelMissing(Exception):
    """There is no trained signal model at this path, or it is of another make."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities: of danger, from which it counts as sure, and from which Praatje asks; of any
    loneliness, from which a signal of it may count; and below which a rule is contradicted."""

    sure: float
    ask: float
    lonely: float
    unlikely: float


@cache
def thresholds() -> Thresholds:
    """Those of thresholds.toml, where what each costs is told."""
    return Thresholds(**table("thresholds.toml"))


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities for one message, by output; `by_token` is tokens x outputs, what each adds."""

    probability: dict[str, float]
    danger: float
    by_token: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """Weights (features x outputs) with what turns their sums into probabilities.

    `rarity` weighs each feature (inverse document frequency), `slope` and `offset` make a margin
    a log-odds, and the two of `danger` do so for the figure of `danger_odds`; `counts_from` is the
    probability from which a signal counts.
    """

    version: str
    rarity: Floats
    weights: Floats
    bias: Floats
    slope: Floats
    offset: Floats
    danger: Floats
    counts_from: Floats

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Raises ModelMissing."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                if tuple(kept["outputs"]) != OUTPUTS or len(kept["rarity"]) != 1 << BITS:
                    raise ModelMissing(f"{path} was made for other signals")
                return cls(
                    version=str(kept["version"]),
                    **{name: kept[name] for name in ARRAYS},
                )
        except (OSError, KeyError, ValueError) as error:
            raise ModelMissing(f"{path}: {error}") from None

    def save(self, path: Path) -> None:
        np.savez(
            path,
            version=self.version,
            outputs=np.array(OUTPUTS),
            **{name: getattr(self, name) for name in ARRAYS},
        )

    def scores(self, seen: Seen) -> Scores:
        """How likely each output is for a message, and what each token adds to its log-odds."""
        tokens, features = numbered(seen)
        value = weighed(features, self.rarity)
        parts = value[:, None] * self.weights[features] * self.slope
        by_token = np.zeros((len(seen.tokens), len(OUTPUTS)), dtype=np.float32)
        np.add.at(by_token, tokens, parts)
        odds = parts.sum(axis=0) + self.bias * self.slope + self.offset
        danger = self.danger[0] * danger_odds(odds[None])[0] + self.danger[1]
        names = zip(OUTPUTS, logistic(odds).tolist(), strict=True)
        return Scores(dict(names), float(logistic(danger)), by_token)


def weighed(features: NDArray[np.int64], rarity: Floats) -> Floats:
    """Per occurrence of a feature its share of the message's vector, which has length one.

    A feature that stands n times counts 1 + ln n, shared by its occurrences (sublinear TF-IDF).
    """
    if not len(features):
        return np.zeros(0, dtype=np.float32)
    unique, place, count = np.unique(features, return_inverse=True, return_counts=True)
    values = (1 + np.log(count)) * rarity[unique]
    values /= np.sqrt((values**2).sum())
    return np.asarray((values / count)[place], dtype=np.float32)


def danger_odds(odds: NDArray[np.floating]) -> NDArray[np.floating]:
    """From messages x outputs one figure a message: crisis at large, and the likeliest danger."""
    kinds = [output(name) for name in DANGERS]
    return np.asarray((odds[:, output(CRISIS)] + odds[:, kinds].max(axis=1)) / 2)


def logistic(odds: NDArray[np.floating] | float) -> NDArray[np.floating]:
    """Log-odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
