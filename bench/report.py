"""The tables that a person reads. Pure: figures in, text out."""

from collections.abc import Mapping, Sequence

from bench.figures import Compared, Ratio

MOST_MEDIAN_RATIO = 1.5
LEAST_THROUGHPUT_RATIO = 1.0
MOST_MEGABYTES = 1200.0
"""The targets. Better than stock, so a ratio below 1 in time, is what we aim for."""

FIGURES = (
    ("median_ms", "median, ms"),
    ("p95_ms", "95th percentile, ms"),
    ("per_second", "turns a second"),
)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell: words to the left, figures to the right."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def turns(results: Sequence[Compared]) -> str:
    """Speed next to stock's, a line per figure and number of residents."""
    rows = [_row(result, figure, name) for result in results for figure, name in FIGURES]
    header = ("a turn", "at once", "ours", "stock", "ratio", "least-most", "target")
    notes = [
        f"{result.unanswered(side)} turns of {side} at {result.at_once} at once had no answer"
        for result in results
        for side in ("ours", "stock")
        if result.unanswered(side)
    ]
    return "\n".join([table(header, rows), *notes])


def _row(result: Compared, figure: str, name: str) -> tuple[str, ...]:
    ratio = result.ratio(figure)
    return (
        name,
        str(result.at_once),
        f"{result.middle('ours', figure):.1f}",
        f"{result.middle('stock', figure):.1f}",
        f"{ratio.median:.2f}",
        f"{ratio.least:.2f}-{ratio.most:.2f}",
        _against_target(figure, ratio),
    )


def _against_target(figure: str, ratio: Ratio) -> str:
    if figure == "median_ms":
        return verdict(ratio.median <= MOST_MEDIAN_RATIO, f"at most {MOST_MEDIAN_RATIO}")
    if figure == "per_second":
        return verdict(ratio.median >= LEAST_THROUGHPUT_RATIO, f"at least {LEAST_THROUGHPUT_RATIO}")
    return ""


def memory(megabytes: Mapping[str, float], apart: Mapping[str, float]) -> str:
    """Memory of every process of the installation, its sum, and what is no part of it."""
    total = sum(megabytes.values())
    rows = [
        *((name, f"{size:.0f}", "") for name, size in megabytes.items()),
        ("whole installation", f"{total:.0f}", _fits(total)),
        *((f"(not in it: {name})", f"{size:.0f}", "") for name, size in apart.items()),
    ]
    return table(("memory", "MB", "target"), rows)


def _fits(total: float) -> str:
    return verdict(total <= MOST_MEGABYTES, f"at most {MOST_MEGABYTES:.0f}")


def verdict(reached: bool, target: str) -> str:
    """Whether a target was reached; printed, and no reason for an exit status."""
    return f"{'PASS' if reached else 'SHORT OF'} {target}"
