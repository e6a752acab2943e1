"""What stands on this machine: interpreters, settings, folders, the trained model, helplines."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot import clock
from bot.doctor.finding import Finding
from bot.errors import ConfigurationError
from bot.services import texts
from bot.settings import Settings, TelegramMode
from bot.supervisor import RASA, ROOT, check_writable, newest_model
from bot.understanding import MODEL
from bot.understanding.model import Model, ModelMissing

OLDEST_PYTHON = (3, 11)
RASA_PYTHON = "3.10"
SHORTEST_SECRET = 32
SHORTEST_WEBHOOK_SECRET = 16
HELPLINES_CHECKED_WITHIN = timedelta(days=90)
LEAST_FREE_BYTES = 1_000_000_000
STATIC = ROOT / "bot" / "console" / "static"


def python(_: Settings) -> list[Finding]:
    """Our own interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return [Finding(False, "Python", f"{version} is too old. Run `make setup` with 3.11.")]
    return [Finding(True, "Python", version)]


def rasa_python(_: Settings) -> list[Finding]:
    """Rasa's interpreter, and whether the Rasa in it is the locked one. Rasa is not started."""
    interpreter = RASA.with_name("python")
    what = "Rasa's Python"
    try:
        done = subprocess.run(
            [str(interpreter), "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return [Finding(False, what, f"{interpreter} cannot be run. Run `make setup`.")]
    version = done.stdout.split()[-1]
    if not version.startswith(f"{RASA_PYTHON}."):
        return [Finding(False, what, f"{version}, must be {RASA_PYTHON}. Run `make setup`.")]
    locked = re.search(
        r"^rasa==(\S+)", (ROOT / "requirements" / "rasa.txt").read_text(), re.MULTILINE
    )
    wanted = f"rasa-{locked[1] if locked else ''}.dist-info"
    if not list(RASA.parents[1].glob(f"lib/python{RASA_PYTHON}/site-packages/{wanted}")):
        return [Finding(False, what, f"{wanted} is not installed in it. Run `make setup`.")]
    return [Finding(True, what, f"{version} with {wanted.removesuffix('.dist-info')}")]


def settings_complete(settings: Settings) -> list[Finding]:
    """What has no default, and what belongs together."""
    faults = list(_setting_faults(settings))
    return faults or [Finding(True, "settings", "complete")]


def _setting_faults(settings: Settings) -> Iterator[Finding]:
    if len(settings.secret_key.get_secret_value()) < SHORTEST_SECRET:
        yield Finding(
            False, "SECRET_KEY", "missing or shorter than 32 characters. See .env.example."
        )
    if not settings.telegram_token.get_secret_value():
        yield Finding(False, "TELEGRAM_TOKEN", "missing. Get one from @BotFather.")
    if not settings.telegram_bot_username and not settings.sandbox:
        yield Finding(
            False, "TELEGRAM_BOT_USERNAME", "missing; invitations would lead nowhere. Set it."
        )
    if settings.database_url and not settings.rasa_tracker_url:
        yield Finding(False, "RASA_TRACKER_URL", "needed when DATABASE_URL is set. Set it.")
    if settings.telegram_mode == TelegramMode.WEBHOOK:
        yield from _webhook_faults(settings)
    yield from _console_faults(settings)


def _webhook_faults(settings: Settings) -> Iterator[Finding]:
    if urlsplit(settings.telegram_webhook_url).scheme != "https":
        yield Finding(False, "TELEGRAM_WEBHOOK_URL", "must be an https address. Set it.")
    if len(settings.telegram_webhook_secret.get_secret_value()) < SHORTEST_WEBHOOK_SECRET:
        yield Finding(False, "TELEGRAM_WEBHOOK_SECRET", "needs at least 16 characters.")


def _console_faults(settings: Settings) -> Iterator[Finding]:
    if settings.sandbox and urlsplit(str(settings.telegram_api_url)).hostname == "api.telegram.org":
        yield Finding(
            False, "SANDBOX", "is on with the real Telegram; time could be moved. Set it to false."
        )


def folder(settings: Settings) -> list[Finding]:
    """Whether VAR_DIR can be written."""
    try:
        check_writable(settings.var_dir)
    except ConfigurationError as error:
        return [Finding(False, "VAR_DIR", str(error))]
    return [Finding(True, "VAR_DIR", f"{settings.var_dir.resolve()} can be written")]


def disk(settings: Settings) -> list[Finding]:
    """Room for the database and logs."""
    place = settings.var_dir.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    says = f"{free / 1e9:.1f} GB free in {place}"
    if free < LEAST_FREE_BYTES:
        return [Finding(False, "disk", f"{says}. Make room: at least 1 GB.")]
    return [Finding(True, "disk", says)]


def console_assets(_: Settings) -> list[Finding]:
    """The console's components and theme, which set-up fetches."""
    if not (STATIC / "components.css").exists():
        return [Finding(False, "console assets", f"not in {STATIC}. Run `make setup`.")]
    return [Finding(True, "console assets", "built")]


def helplines(_: Settings) -> list[Finding]:
    """Whether somebody looked at every number in the last 90 days (row R5)."""
    today = clock.real_now().date()
    late = {
        key: line["checked"]
        for key, line in texts.load("helplines").items()
        if today - line["checked"] > HELPLINES_CHECKED_WITHIN
    }
    return [
        Finding(
            False,
            f"helpline {key}",
            f"last checked on {day}. Look the number up and set `checked` in data/helplines.toml.",
        )
        for key, day in late.items()
    ] or [Finding(True, "helplines", "all checked in the last 90 days")]


def rasa_model(settings: Settings) -> list[Finding]:
    """The model that would run, and whether today's training data went into it."""
    try:
        model = newest_model(settings.var_dir)
    except ConfigurationError as error:
        return [Finding(False, "Rasa model", str(error))]
    if model.name != f"{model_name(ROOT)}.tar.gz":
        return [
            Finding(
                False,
                "Rasa model",
                f"{model.name} is not of the training data as it is now. Run `make setup`.",
            )
        ]
    return [Finding(True, "Rasa model", model.name)]


def model_name(root: Path) -> str:
    """The name that set-up gives the model of the files as they are now.

    The same as `tools.stamps.fingerprint` over what `tools.steps.rasa_model` names: set-up runs
    before there is an environment and cannot share code with us. A test holds the two together.
    """
    total = hashlib.sha256()
    corpus = _files(root, "data/nlu/train/**/*")
    ours = [*_files(root, "nlu/**/*.py"), *_files(root, "nlu/**/*.toml")]
    data = _files(root, "data/**/*.yml")
    for name in (
        "config.yml",
        "domain.yml",
        *corpus,
        *sorted(ours),
        *data,
        "requirements/rasa.txt",
    ):
        content = hashlib.sha256((root / name).read_bytes()).hexdigest()
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()[:16]


def _files(root: Path, pattern: str) -> list[str]:
    found = (file for file in root.glob(pattern) if file.is_file())
    return sorted(str(file.relative_to(root)) for file in found)


def signal_model(_: Settings) -> list[Finding]:
    """The model that reads signals."""
    try:
        found = Model.load(MODEL)
    except ModelMissing as error:
        return [Finding(False, "signal model", f"{error}. Run `make setup`.")]
    return [Finding(True, "signal model", found.version)]
