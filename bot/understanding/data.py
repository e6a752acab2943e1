"""The data files of this package: word lists and frames that a newcomer can add to."""

import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    """One TOML file of this package, by its path below the package."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def tables(folder: str) -> list[dict[str, Any]]:
    """All TOML files of a folder, by name, so that the order never differs between machines."""
    return [table(f"{folder}/{path.name}") for path in sorted((HERE / folder).glob("*.toml"))]
