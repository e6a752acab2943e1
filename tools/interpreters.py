"""Finds programs that really run: pyenv leaves shims in PATH that only exit with 127."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Version = tuple[int, int]

# In order of preference; every locked package has a wheel for these.
OURS: tuple[Version, ...] = ((3, 11), (3, 12), (3, 13))
RASA: tuple[Version, ...] = ((3, 10),)

# The base interpreter, so that an active virtual environment is never built upon.
PROBE = (
    "import sys; print(sys.version_info[0], sys.version_info[1],"
    " getattr(sys, '_base_executable', None) or sys.executable)"
)


def on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield every executable of that name in PATH, first to last."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(folder or ".") / name
        if os.path.isfile(path) and os.access(path, os.X_OK):
            yield path


def answer(command: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return what a command prints, or None when it does not run well."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


def candidates(version: Version, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where a Python of that version may stand: PATH, then pyenv's and uv's folders."""
    dotted = f"{version[0]}.{version[1]}"
    for name in (f"python{dotted}", "python3", "python"):
        yield from on_path(name, environ)
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    pyenv = [Path(environ["PYENV_ROOT"])] if environ.get("PYENV_ROOT") else []
    for root in [*pyenv, home / ".pyenv"]:
        yield from stand_in(root / "versions", f"{dotted}*/bin/python{dotted}")
    uv_folder = Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield from stand_in(uv_folder, f"cpython-{dotted}*/bin/python{dotted}")


def stand_in(folder: Path, pattern: str) -> list[Path]:
    """Return what stands in a folder; nothing when it may not be read, as with another's home."""
    try:
        return sorted(folder.glob(pattern))
    except PermissionError:
        return []


def find_python(wanted: Sequence[Version], environ: Mapping[str, str]) -> str | None:
    """Return the path of a Python that runs, of the first wanted version that is there."""
    for version in wanted:
        for path in candidates(version, environ):
            words = (answer([str(path), "-c", PROBE], environ) or "").split(" ", 2)
            if words[:2] == [str(number) for number in version]:
                return words[2]
    return None


def find_tool(name: str, at_least: Version, environ: Mapping[str, str]) -> str | None:
    """Return the path of the first program in PATH whose `--version` is new enough."""
    for path in on_path(name, environ):
        found = re.search(r"(\d+)\.(\d+)", answer([str(path), "--version"], environ) or "")
        if found and (int(found[1]), int(found[2])) >= at_least:
            return str(path)
    return None


def find_pip(environ: Mapping[str, str]) -> list[str] | None:
    """Return the command of a pip that runs, with this Python's own first."""
    for python in [Path(sys.executable), *on_path("python3", environ)]:
        command = [str(python), "-m", "pip"]
        if answer([*command, "--version"], environ):
            return command
    return None


def explain_missing(wanted: Sequence[Version]) -> str:
    """Say in one line which Python to install."""
    names = " or ".join(f"{major}.{minor}" for major, minor in wanted)
    first = f"{wanted[0][0]}.{wanted[0][1]}"
    return (
        f"Python {names} was not found in PATH, in pyenv's or in uv's folder, and could not be"
        f" downloaded - install it, for example with `pyenv install {first}`, and run again."
    )
