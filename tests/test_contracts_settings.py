"""The settings in the code and `.env.example` say the same."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from bot.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
ENTRY = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$")


def _entries() -> dict[str, tuple[str, str]]:
    """By setting: the value in the example, and the comment right above it."""
    found: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if entry := ENTRY.match(line):
            assert entry[1] not in found, f"{entry[1]} stands there twice"
            found[entry[1]] = (entry[2], " ".join(comment))
        comment = [*comment, line] if line.startswith("#") and not ENTRY.match(line) else []
    return found


def _spoken(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).rstrip("/")


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(_entries()) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_setting_is_explained_and_shows_its_default(name: str) -> None:
    value, comment = _entries()[name.upper()]
    assert len(comment) > 20, "no comment above it"
    assert value == _spoken(Settings.model_fields[name].default)
    if name.endswith("_seconds"):
        assert "second" in comment, "the unit is missing"


def test_the_example_is_a_valid_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied as it is, and with every default switched on, it gives the defaults."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    copied = tmp_path / ".env"
    text = EXAMPLE.read_text(encoding="utf-8")
    copied.write_text(re.sub(r"^# ([A-Z][A-Z_]+=.+)$", r"\1", text, flags=re.MULTILINE))
    assert len(dotenv_values(copied)) > 20
    assert Settings(_env_file=copied) == Settings(_env_file=None)
