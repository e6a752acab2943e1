"""The arithmetic of the bench, on turns whose figures can be seen at a glance."""

import pytest

from bench.figures import Compared, Measured, NothingMeasured, Ratio, Turn, measure, percentile


def _measured(millis: float, per_second: float, unanswered: int = 0) -> Measured:
    return Measured(millis, millis * 2, per_second, 10, unanswered)


def test_a_block_is_timed_from_its_first_text_to_its_last_reply() -> None:
    turns = [Turn(10.0, 10.1), Turn(10.0, 10.3), Turn(10.2, 12.0)]
    measured = measure(turns)
    assert measured.median_ms == pytest.approx(300)
    assert measured.p95_ms == pytest.approx(1800)
    assert measured.per_second == pytest.approx(3 / 2)
    assert (measured.turns, measured.unanswered) == (3, 0)


def test_a_turn_without_an_answer_is_counted_apart() -> None:
    measured = measure([Turn(0.0, None), Turn(1.0, 1.5)])
    assert measured.median_ms == pytest.approx(500)
    assert (measured.turns, measured.unanswered) == (1, 1)


def test_no_answer_at_all_is_no_measurement() -> None:
    with pytest.raises(NothingMeasured, match="none of 2 turns"):
        measure([Turn(0.0, None), Turn(1.0, None)])


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (5, 1), (50, 10), (95, 19), (96, 20), (100, 20)]
)
def test_a_percentile_is_the_nearest_rank(percent: float, expected: int) -> None:
    assert percentile(range(1, 21), percent) == expected


def test_ratios_are_made_pair_by_pair() -> None:
    """The ratio of the medians would be 1.0 here: both sides have the same three figures."""
    assert Ratio.of([10, 20, 40], [20, 10, 40]) == Ratio(1.0, 0.5, 2.0)
    assert Ratio.of([30, 20, 10], [10, 10, 40]) == Ratio(2.0, 0.25, 3.0)


def test_rounds_that_are_not_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Ratio.of([1, 2], [1])


def test_rounds_are_compared_by_their_medians_and_ratios() -> None:
    compared = Compared(
        20,
        ours=[_measured(50, 30), _measured(90, 10), _measured(60, 20, unanswered=2)],
        stock=[_measured(100, 20), _measured(90, 10), _measured(40, 40)],
    )
    assert compared.middle("ours", "median_ms") == 60
    assert compared.middle("stock", "per_second") == 20
    assert compared.ratio("median_ms") == Ratio(1.0, 0.5, 1.5)
    assert compared.ratio("per_second") == Ratio(1.0, 0.5, 1.5)
    assert (compared.unanswered("ours"), compared.unanswered("stock")) == (2, 0)
