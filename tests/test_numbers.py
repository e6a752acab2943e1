"""R5: the digits of a phone number stand in data/helplines.toml and nowhere else in the product."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.services.texts import load
from bot.supervisor import ROOT

FOLDERS = ("bot", "actions", "data", "sandbox")
FILES = ("domain.yml", "config.yml", "endpoints.yml", "credentials.yml")
READ = {".py", ".yml", ".yaml", ".toml", ".html", ".jinja", ".txt", ".md", ".js", ".jsonl", ".json"}
BUILT = ("static/components.css", "static/themes", "static/fonts")
MADE_UP = re.compile(r"0612345678|0600000\d{3}")
"""Numbers of nobody, for made-up people."""

DUTCH_NUMBER = re.compile(
    r"(?<![\d.,:/+-])(?:\+31|0031|0)[ -]?(?:6|[1-9]\d{1,2}|800|900)"
    r"[ -]?(?:\d[ -]?){4,8}\d(?![\d.:])"
)


def bare(number: str) -> str:
    return re.sub(r"\D", "", number)


def helpline_numbers() -> set[str]:
    return {
        bare(line[name])
        for line in load("helplines").values()
        for name in ("number", "other_number")
        if name in line
    }


def product_files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT).as_posix()
            if path.suffix in READ and not any(part in inside for part in BUILT):
                yield path
    yield from (ROOT / name for name in FILES)


def numbers_in(text: str) -> set[str]:
    """What looks like a phone number, long helplines however they are spaced, and short ones."""
    found = {bare(match.group()) for match in DUTCH_NUMBER.finditer(text)}
    found = {number for number in found if 8 <= len(number) <= 13}
    for number in helpline_numbers():
        spaced = r"[ -]?".join(number)
        if re.search(rf"(?<![\d.,_#-]){spaced}(?![\d_%-]|[.,]\d)", text):
            found.add(number)
    return {number for number in found if not MADE_UP.fullmatch(number)}


@pytest.mark.parametrize(
    "text",
    ["bel 113", "0800-0113", "088 0767 000", "0880767000", "020-1234567", "+31 6 87654321"],
)
def test_the_scan_sees_numbers(text: str) -> None:
    assert numbers_in(text)


@pytest.mark.parametrize("text", ["2026-11-23", "0.113", "1130", "port=8080", "06 12345678"])
def test_the_scan_passes_by_what_is_no_number(text: str) -> None:
    assert not numbers_in(text)


def test_no_file_of_the_product_has_a_number_of_its_own_r5() -> None:
    looked_at, found = 0, {}
    for path in product_files():
        name = path.relative_to(ROOT).as_posix()
        if name == "data/helplines.toml":
            continue
        looked_at += 1
        # What people write may name a number: examples to learn from, word lists to read with.
        if name.startswith(("data/nlu/", "bot/understanding/")):
            continue
        if numbers := numbers_in(_without_comments(path)):
            found[name] = numbers
    assert looked_at > 100
    assert found == {}


def _without_comments(path: Path) -> str:
    """Comments and docstrings may speak of 113; what runs and what is said may not."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".md", ".txt"):
        return ""
    if path.suffix == ".py":
        text = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    text = re.sub(r' d="[^"]*"', "", text)  # the lines of an icon
    return re.sub(r"(?m)(^|\s)#.*$", "", text)
