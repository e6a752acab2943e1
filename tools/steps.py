"""The steps of set-up: what each is made of, what it makes and how."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import assets, interpreters
from tools.fetch import CHECK_NETWORK, apt_install, npm, python, uv
from tools.place import Place, Step
from tools.running import Failure, say
from tools.stamps import fingerprint

RASA_SETTINGS = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "RASA_CACHE_DIRECTORY": "var/rasa-cache",
}
OLD_MODELS_KEPT = 2
TRAIN = "data/nlu/train"
UNDERSTANDING = "bot/understanding"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def app_environment(place: Place) -> Step:
    """Make .venv: the locked packages, then this project itself, editable."""
    inputs = ("requirements/praatje.txt", "pyproject.toml")
    home = place.root / ".venv"

    def work() -> None:
        make_venv(place, "app", home, interpreters.OURS, inputs[0])
        # setuptools is one of the locked packages, so that nothing unlocked is fetched to build.
        flags = ["--no-deps", "--no-build-isolation", "--editable", str(place.root)]
        command = [*place.tool("uv", uv), "pip", "install", "--python", str(home), *flags]
        place.run("app", command, advice="see the log for what pyproject.toml lacks.")

    doing = "making .venv from requirements/praatje.txt"
    made_of = fingerprint(place.root, inputs, str(place.root))
    return Step("app", doing, made_of, [home / "bin" / "python", home / "bin" / "praatje"], work)


def rasa_environment(place: Place) -> Step:
    """Make .venv-rasa: Rasa Open Source alone, on Python 3.10."""
    lock = "requirements/rasa.txt"
    home = place.root / ".venv-rasa"

    def work() -> None:
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise Failure(
                "Rasa's locked packages exist for Linux on x86_64 only - use such a machine."
            )
        make_venv(place, "rasa", home, interpreters.RASA, lock)

    doing = "making .venv-rasa from requirements/rasa.txt, a big download the first time"
    made_of = fingerprint(place.root, [lock], str(place.root))
    return Step("rasa", doing, made_of, [home / "bin" / "python", home / "bin" / "rasa"], work)


def make_venv(
    place: Place, step: str, home: Path, wanted: Sequence[interpreters.Version], lock: str
) -> None:
    """Make a virtual environment from scratch with exactly the packages of a lock."""
    command = place.tool("uv", uv)
    base = python(place, wanted)
    say(f"{step}: {home.name} on {base}")
    venv = [*command, "venv", "--clear", "--python", base, str(home)]
    place.run(step, venv, advice=f"remove {home.name} and run again.")
    # Without dependencies: the lock is complete, and tensorflow's override defeats a resolver.
    flags = ["--no-deps", "--require-hashes", "--requirements", lock]
    install = [*command, "pip", "install", "--python", str(home), *flags]
    place.run(step, install, advice=CHECK_NETWORK)


def console_assets(place: Place) -> Step:
    """Fill bot/console/static/ from the npm lock."""
    inputs = ("package.json", "package-lock.json", "tools/assets.py")
    modules, static = place.root / "node_modules", place.root / "bot" / "console" / "static"

    def work() -> None:
        command = place.tool("npm", npm)
        # npm's own commands look for `node` in PATH.
        path = f"{Path(command[0]).parent}:{place.environ.get('PATH', os.defpath)}"
        flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        place.run("assets", [*command, *flags], advice=CHECK_NETWORK, PATH=path)
        assets.build(modules, place.root / inputs[0], static)

    doing = "fetching the console's components, theme, font and scripts"
    made_of = fingerprint(place.root, inputs)
    return Step("assets", doing, made_of, [static / "components.css"], work)


def rasa_model(place: Place) -> Step:
    """Train the Rasa model; the newest file in var/models/ is the one to run."""
    data = sorted(str(file.relative_to(place.root)) for file in place.root.glob("data/**/*.yml"))
    ours = ("config.yml", "domain.yml", TRAIN, *sorted_sources(place, "nlu"))
    name = fingerprint(place.root, [*ours, *data, "requirements/rasa.txt"])
    models = place.var / "models"
    model = models / f"{name}.tar.gz"

    def work() -> None:
        if not model.exists():
            train(place, name, models)
        model.touch()
        others = sorted(models.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)[:-1]
        for old in others[:-OLD_MODELS_KEPT]:
            old.unlink()

    return Step("model", "training the Rasa model", name, [model], work)


def train(place: Place, name: str, models: Path) -> None:
    """Train aside and move the finished model in place: a half one must never be the newest."""
    aside = place.var / "training"
    shutil.rmtree(aside, ignore_errors=True)
    models.mkdir(exist_ok=True)
    files = ("--config", "config.yml", "--domain", "domain.yml", "--data", "data")
    output = ("--out", str(aside), "--fixed-model-name", name)
    advice = "correct the Rasa file that the log names and run again."
    place.run(
        "model", rasa_command(place, "train", *files, *output), advice=advice, **RASA_SETTINGS
    )
    made = aside / f"{name}.tar.gz"
    if not made.exists():
        raise Failure(f"rasa train made no model - {advice} Log: {place.log('model')}")
    made.replace(models / made.name)
    shutil.rmtree(aside)


def signal_model(place: Place) -> Step:
    """Train the signal model that reads along with Rasa."""
    # Code too: what the model sees of a message depends on the rules and their word lists.
    inputs = (TRAIN, *sorted_sources(place, UNDERSTANDING), "requirements/praatje.txt")
    model = place.var / "models" / "signals.npz"

    def work() -> None:
        model.parent.mkdir(exist_ok=True)
        aside = model.with_suffix(".new.npz")
        module = ("-m", "bot.understanding.training", "--out", str(aside))
        command = [str(place.root / ".venv" / "bin" / "python"), *module]
        place.run("signals", command, advice="correct the message or file that the log names.")
        aside.replace(model)

    made_of = fingerprint(place.root, inputs)
    return Step("signals", "training the signal model", made_of, [model], work)


def sorted_sources(place: Place, folder: str) -> list[str]:
    """Return the code and word lists in a folder of ours, without what Python makes of them."""
    found = (file for kind in ("*.py", "*.toml") for file in (place.root / folder).rglob(kind))
    return sorted(str(file.relative_to(place.root)) for file in found)


def rasa_command(place: Place, *arguments: str) -> list[str]:
    """Return the command line of Rasa in its own environment."""
    return [str(place.root / ".venv-rasa" / "bin" / "python"), "-m", "rasa", *arguments]


def chromium(place: Place) -> Step:
    """Install the browser that the tests drive, unless there is one."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)

    def work() -> None:
        if not found:
            apt_install(place, "chromium", "chromium")

    product = Path(found or "/usr/bin/chromium")
    return Step("chromium", "looking for a browser", "chromium", [product], work)
