"""N2: what the understanding is worth on messages that it never saw, held to floors.

The evaluation messages beside the project are measured where they are there, our own test split
always; the blind split waits for a release. `make evaluate` prints the whole picture.
"""

import pytest

from bot.understanding import read
from bot.understanding.corpus import FOLDER
from tools.evaluate import DEV
from tools.figures import Figures, evaluate, load

# About a point below what was measured. To be raised, never lowered without a word in
# docs/understanding.md.
DEV_AT_LEAST = {
    "crisis recall by level": 0.85,
    "crisis recall with asking": 0.95,
    "concern recall (or higher)": 0.74,
    "none kept none": 0.91,
}
TEST_AT_LEAST = {
    "crisis recall by level": 0.65,
    "crisis recall with asking": 0.82,
    "concern recall (or higher)": 0.74,
    "none kept none": 0.87,
}


def _held(figures: Figures, floors: dict[str, float]) -> dict[str, float]:
    return {
        name: figures.shares[name].value
        for name, floor in floors.items()
        if figures.shares[name].value < floor
    }


def test_n2_floors_on_our_own_test_split() -> None:
    rows = [row for file in sorted((FOLDER / "test").glob("*.jsonl")) for row in load(file)]
    figures = evaluate(rows, [read(row["text"]) for row in rows])
    assert _held(figures, TEST_AT_LEAST) == {}
    assert figures.shares["false crisis alarms"].value <= 0.06
    assert figures.macro_f1 >= 0.56


@pytest.mark.skipif(not DEV.exists(), reason=f"{DEV} is not there")
def test_n2_floors_on_the_evaluation_messages() -> None:
    rows = load(DEV)
    figures = evaluate(rows, [read(row["text"]) for row in rows])
    assert _held(figures, DEV_AT_LEAST) == {}
    assert figures.shares["false crisis alarms"].value <= 0.025
    assert figures.shares["asked without danger"].value <= 0.08
    assert figures.macro_f1 >= 0.80
