"""Remembers what a finished step was made of, so that it runs again only when that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tools.running import Failure


def fingerprint(root: Path, inputs: Iterable[str], *extra: str) -> str:
    """Hash names and contents of files under root (a folder: all its files) and words to add."""
    total = hashlib.sha256()
    for name in inputs:
        path = root / name
        if not path.exists():
            raise Failure(f"{name} is missing - get the whole project from git and run again.")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{file.relative_to(root)}\0{content}\n".encode())
    for word in extra:
        total.update(f"{word}\0".encode())
    return total.hexdigest()[:16]


class Stamp:
    """A small file with the fingerprint of the inputs of a step that ended well."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name

    def is_current(self, wanted: str, products: Iterable[Path]) -> bool:
        """Tell whether the step ended well with these inputs and its products still stand."""
        try:
            written = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        return written == wanted and all(product.exists() for product in products)

    def clear(self) -> None:
        """Forget the step; done before its work, so that an interrupted step leaves no stamp."""
        if self.path.exists():
            self.path.unlink()

    def write(self, made_of: str) -> None:
        """Record that the step ended well."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(made_of, encoding="utf-8")
        fresh.replace(self.path)
