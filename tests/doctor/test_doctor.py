"""`praatje doctor` names each fault that is planted (row O1)."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import AnyHttpUrl, SecretStr
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from bot import clock
from bot.__main__ import app
from bot.db import database_url
from bot.doctor import LOOKS, database, examine, machine, neighbours, telegram
from bot.doctor.finding import Finding
from bot.services import texts
from bot.settings import Settings, TelegramMode, get_settings
from bot.supervisor import ROOT
from sandbox.client import SandboxClient
from sandbox.testing import Server
from tests.fake_rasa import FakeRasa
from tools.place import Place
from tools.steps import rasa_model

UNUSED = "http://127.0.0.1:9"


def healthy(**changes: Any) -> Settings:
    """Complete settings, with changes. Constructed so that no `.env` takes part."""
    right: dict[str, Any] = {
        "secret_key": SecretStr("k" * 48),
        "telegram_token": SecretStr("1:sandbox"),
        "telegram_bot_username": "praatje_bot",
        "rasa_url": UNUSED,
    }
    return Settings(_env_file=None, **(right | changes))


def webhook(**changes: Any) -> Settings:
    right = {
        "telegram_mode": TelegramMode.WEBHOOK,
        "telegram_webhook_url": "https://praatje.example",
        "telegram_webhook_secret": SecretStr("s" * 20),
    }
    return healthy(**(right | changes))


def faults(found: list[Finding]) -> str:
    return " | ".join(f"{each.what}: {each.says}" for each in found if not each.ok)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (healthy(secret_key=SecretStr("short")), "SECRET_KEY: missing or shorter"),
        (healthy(telegram_token=SecretStr("")), "TELEGRAM_TOKEN: missing"),
        (healthy(telegram_bot_username=""), "TELEGRAM_BOT_USERNAME: missing"),
        (healthy(database_url="postgresql://x/y"), "RASA_TRACKER_URL: needed"),
        (webhook(telegram_webhook_url="http://praatje.example"), "TELEGRAM_WEBHOOK_URL"),
        (webhook(telegram_webhook_secret=SecretStr("short")), "TELEGRAM_WEBHOOK_SECRET"),
        (healthy(sandbox=True), "SANDBOX: is on with the real Telegram"),
    ],
)
def test_a_setting_that_is_wrong_is_named_o1(settings: Settings, named: str) -> None:
    assert named in faults(machine.settings_complete(settings))


def test_complete_settings_are_right() -> None:
    assert not faults(machine.settings_complete(healthy()))
    assert not faults(machine.settings_complete(webhook()))


def _no_rasa(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "RASA", tmp_path / "bin" / "rasa")


def _other_python_for_rasa(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho Python 3.9.1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(machine, "RASA", fake.with_name("rasa"))


def _other_rasa(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _other_python_for_rasa(monkeypatch, tmp_path)
    (tmp_path / "bin" / "python").write_text("#!/bin/sh\necho Python 3.10.1\n")


def _old_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "OLDEST_PYTHON", (99, 0))


def _no_assets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "STATIC", tmp_path)


def _full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 10**18)


def _old_helplines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    newest = max(line["checked"] for line in texts.load("helplines").values())
    late = datetime.combine(newest, datetime.min.time(), UTC) + timedelta(days=92)
    monkeypatch.setattr(clock, "real_now", lambda: late)


def _no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bot.supervisor.ROOT", tmp_path)


def _stale_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "0123456789abcdef.tar.gz").touch()


@pytest.mark.parametrize(
    ("plant", "look", "named"),
    [
        (_old_python, machine.python, "is too old"),
        (_no_rasa, machine.rasa_python, "cannot be run. Run `make setup`"),
        (_other_python_for_rasa, machine.rasa_python, "3.9.1, must be 3.10"),
        (_other_rasa, machine.rasa_python, "is not installed in it"),
        (_no_assets, machine.console_assets, "Run `make setup`"),
        (_full_disk, machine.disk, "Make room"),
        (_old_helplines, machine.helplines, "helpline suicide: last checked on"),
        (_no_model, machine.rasa_model, "There is no Rasa model"),
        (_stale_model, machine.rasa_model, "is not of the training data as it is now"),
    ],
)
def test_a_fault_of_this_machine_is_named_o1(
    plant: Callable[[pytest.MonkeyPatch, Path], None],
    look: Callable[[Settings], list[Finding]],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    plant(monkeypatch, tmp_path)
    assert named in faults(look(healthy(var_dir=tmp_path)))


def test_a_folder_that_cannot_be_written_is_named_o1(tmp_path: Path) -> None:
    in_the_way = tmp_path / "var"
    in_the_way.touch()
    assert "VAR_DIR: Nothing can be written" in faults(machine.folder(healthy(var_dir=in_the_way)))


def test_the_model_is_named_as_set_up_names_it() -> None:
    assert machine.model_name(ROOT) == rasa_model(Place(ROOT, {})).fingerprint


# The database


def test_a_database_that_cannot_be_reached_is_named_o1() -> None:
    found = database.look(healthy(database_url="postgresql://127.0.0.1:9/praatje"))
    assert "cannot be reached" in faults(found)


def test_a_good_database_is_right(db_url: str) -> None:
    found = database.look(healthy(database_url=db_url))
    assert [each.what for each in found if each.ok] == ["PostgreSQL", "database", "clock"]


def test_a_schema_that_is_behind_is_named_o1(db_url: str) -> None:
    engine = create_engine(database_url(db_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    engine.dispose()
    assert "Run `praatje migrate`" in faults(database.look(healthy(database_url=db_url)))


def test_an_old_postgresql_and_a_clock_that_is_off_are_named_o1(
    db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)
    monkeypatch.setattr(clock, "real_now", lambda: datetime.now(UTC) + timedelta(seconds=30))
    named = faults(database.look(healthy(database_url=db_url)))
    assert "PostgreSQL: 18 is too old" in named
    assert "clock: the database is -30 s off" in named


def test_an_embedded_database_that_is_not_made_yet_is_no_fault(tmp_path: Path) -> None:
    assert not faults(database.look(healthy(var_dir=tmp_path)))
    assert not (tmp_path / "postgres").exists()


# Telegram


def at(sandbox: SandboxClient, settings: Settings) -> Settings:
    return settings.model_copy(update={"telegram_api_url": AnyHttpUrl(sandbox.base_url)})


def test_a_token_that_telegram_refuses_is_named_o1(sandbox: SandboxClient) -> None:
    settings = at(sandbox, healthy(telegram_token=SecretStr("2:other")))
    assert "does not take TELEGRAM_TOKEN" in faults(telegram.look(settings))


def test_a_telegram_out_of_reach_is_named_o1() -> None:
    found = telegram.look(healthy(telegram_api_url=AnyHttpUrl(UNUSED)))
    assert "cannot be asked" in faults(found)


def test_another_bots_token_is_named_o1(sandbox: SandboxClient) -> None:
    settings = at(sandbox, healthy(telegram_bot_username="somebody_else_bot"))
    assert "@praatje_bot, TELEGRAM_BOT_USERNAME says @somebody_else_bot" in faults(
        telegram.look(settings)
    )


def test_polling_says_how_many_updates_wait(sandbox: SandboxClient) -> None:
    sandbox.send_text(sandbox.add_person("Anna"), "Hallo")
    found = telegram.look(at(sandbox, healthy()))
    assert not faults(found)
    assert "polling; 1 updates wait" in [each.says for each in found]


def test_a_webhook_that_is_not_set_is_named_o1(sandbox: SandboxClient) -> None:
    named = faults(telegram.look(at(sandbox, webhook())))
    assert "sends to nowhere, not to https://praatje.example/telegram" in named


def test_a_webhook_that_fails_and_falls_behind_is_named_o1(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram, "MOST_PENDING", 0)
    anna = sandbox.add_person("Anna")
    set_up = at(sandbox, webhook(telegram_webhook_url=UNUSED))
    sandbox_call(sandbox, "setWebhook", {"url": f"{UNUSED}/telegram"})
    sandbox.send_text(anna, "Hallo")
    wait_until(lambda: "failed at" in faults(telegram.look(set_up)))
    assert "1 updates wait. Look whether the gateway runs" in faults(telegram.look(set_up))


def sandbox_call(sandbox: SandboxClient, method: str, body: dict[str, str]) -> None:
    httpx.post(f"{sandbox.bot_base_url}1:sandbox/{method}", json=body).raise_for_status()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while not true():
        assert datetime.now(UTC) < deadline, "it did not come true"


# Rasa and mail


@contextmanager
def served(rasa: FakeRasa) -> Iterator[str]:
    server = Server(rasa.app()).start()
    try:
        yield server.url
    finally:
        server.stop()


def test_rasa_that_does_not_run_is_said_but_no_fault() -> None:
    (found,) = neighbours.rasa(healthy())
    assert found.ok
    assert "`praatje run` starts it" in found.says


def test_rasa_that_runs_is_right() -> None:
    with served(FakeRasa()) as url:
        (found,) = neighbours.rasa(healthy(rasa_url=url))
    assert (found.ok, "3.6.21" in found.says) == (True, True)


def test_something_else_in_the_place_of_rasa_is_named_o1(sandbox: SandboxClient) -> None:
    assert "is no Rasa" in faults(neighbours.rasa(healthy(rasa_url=sandbox.base_url)))


def test_no_mail_is_no_fault_and_says_so() -> None:
    (found,) = neighbours.mail(healthy())
    assert (found.ok, "not set up" in found.says) == (True, True)


def test_a_mail_server_out_of_reach_is_named_o1() -> None:
    found = neighbours.mail(healthy(smtp_host="127.0.0.1", smtp_port=9))
    assert "127.0.0.1:9 cannot be reached" in faults(found)


class Smtp(socketserver.StreamRequestHandler):
    """As much of an SMTP server as a log-in needs; every password is wrong."""

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        answers = {
            b"EHLO": b"250-test\r\n250 AUTH PLAIN\r\n",
            b"AUTH": b"535 no\r\n",
            b"QUIT": b"221 bye\r\n",
        }
        for line in self.rfile:
            self.wfile.write(answers.get(line[:4].upper(), b"250 ok\r\n"))


@pytest.fixture
def smtp_port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, "does not do as asked"),
        (
            {"smtp_starttls": False, "smtp_user": "p", "smtp_password": SecretStr("wrong")},
            "refuses the log-in",
        ),
    ],
)
def test_a_mail_server_that_refuses_is_named_o1(
    smtp_port: int, changes: dict[str, Any], named: str
) -> None:
    settings = healthy(smtp_host="127.0.0.1", smtp_port=smtp_port, **changes)
    assert named in faults(neighbours.mail(settings))


def test_a_mail_server_that_answers_is_right(smtp_port: int) -> None:
    settings = healthy(smtp_host="127.0.0.1", smtp_port=smtp_port, smtp_starttls=False)
    assert not faults(neighbours.mail(settings))


# All of it


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(_: Settings) -> list[Finding]:
        raise ZeroDivisionError

    for what in LOOKS:
        monkeypatch.setitem(LOOKS, what, machine.disk)
    monkeypatch.setitem(LOOKS, "Rasa model", broken)
    found = examine(healthy(var_dir=tmp_path))
    assert len(found) == len(LOOKS)
    assert faults(found) == "Rasa model: cannot be looked at: ZeroDivisionError."


def test_the_command_exits_with_1_when_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for what in LOOKS:
        monkeypatch.setitem(LOOKS, what, lambda _: [Finding(True, "all", "fine")])
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    get_settings.cache_clear()
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0
    monkeypatch.setitem(LOOKS, "disk", lambda _: [Finding(False, "disk", "Make room.")])
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "WRONG  disk: Make room." in result.output
    get_settings.cache_clear()
