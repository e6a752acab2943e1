"""What the bench prints, and when a target counts as reached."""

from bench import report
from bench.figures import Compared, Measured


def _result(ours: Measured, stock: Measured) -> str:
    return report.turns([Compared(1, [ours], [stock])])


def _line(printed: str, beginning: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith(beginning))


def test_columns_line_up() -> None:
    printed = report.table(("what", "ms"), [("a long name", "1.0"), ("b", "100.0")])
    assert printed.splitlines() == [
        "what            ms",
        "a long name    1.0",
        "b            100.0",
    ]


def test_targets_at_their_limit_are_reached() -> None:
    printed = _result(Measured(150, 300, 20, 10, 0), Measured(100, 200, 20, 10, 0))
    assert "1.50" in _line(printed, "median")
    assert _line(printed, "median").endswith("PASS at most 1.5")
    assert _line(printed, "turns a second").endswith("PASS at least 1.0")
    assert not _line(printed, "95th").endswith("at most 1.5")


def test_targets_beyond_their_limit_are_short() -> None:
    printed = _result(Measured(151, 300, 19, 10, 0), Measured(100, 200, 20, 10, 0))
    assert _line(printed, "median").endswith("SHORT OF at most 1.5")
    assert _line(printed, "turns a second").endswith("SHORT OF at least 1.0")


def test_turns_without_an_answer_are_told_under_the_table() -> None:
    answered, not_all = Measured(1, 1, 1, 10, 0), Measured(1, 1, 1, 8, 2)
    assert "no answer" not in _result(answered, answered)
    assert "2 turns of stock at 1 at once had no answer" in _result(answered, not_all)


def test_memory_is_summed_without_what_is_no_part_of_the_installation() -> None:
    printed = report.memory({"Rasa": 700.0, "PostgreSQL": 500.0}, {"sandbox": 90.0})
    assert "1200" in _line(printed, "whole installation")
    assert _line(printed, "whole installation").endswith("PASS at most 1200")
    assert "90" in _line(printed, "(not in it: sandbox)")
    assert "SHORT OF" in report.memory({"Rasa": 1201.0}, {})
