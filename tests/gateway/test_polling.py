"""Polling: an update is acknowledged when it is stored, and none holds up those after it."""

import logging

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import ConfigurationError
from bot.models import Message
from bot.settings import Settings, get_settings
from bot.telegram import gateway, polling
from sandbox.client import SandboxClient
from tests.people import People
from tests.running import Running, poller
from tests.waiting import until

from .updates import message


def texts(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "in")))


def test_an_update_that_cannot_be_read_holds_up_nobody_and_is_not_logged_t9_o8(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    people: People,
    sessions: sessionmaker[Session],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    broken = message(riet, 7, poll={"question": "kanarie"})
    sandbox.inject({"update_id": 5_000_000_000, "message": broken})
    sandbox.send_text(riet, "na de kapotte")
    running.begin(poller(settings, sessions))
    until(lambda: texts(sessions) == ["na de kapotte"])
    until(lambda: not sandbox.updates()["pending"])
    assert "kanarie" not in caplog.text


def test_a_button_with_any_bytes_in_it_holds_up_nobody_t9(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    people: People,
    sessions: sessionmaker[Session],
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    forged = {
        "id": "1",
        "from": {"id": riet, "is_bot": False, "first_name": "Riet"},
        "chat_instance": "1",
        "data": "a\x00b",
    }
    sandbox.inject({"update_id": 5_000_000_000, "callback_query": forged})
    sandbox.send_text(riet, "na de knop")
    running.begin(poller(settings, sessions))
    until(lambda: "na de knop" in texts(sessions))


def test_what_could_not_be_stored_is_not_acknowledged(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    people: People,
    sessions: sessionmaker[Session],
) -> None:
    """While the database takes nothing, Telegram keeps the update; afterwards it comes in once."""
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    with sessions() as session:
        session.execute(text("LOCK TABLE telegram_updates IN ACCESS EXCLUSIVE MODE"))
        polling = running.begin(poller(settings, sessions))
        sandbox.send_text(riet, "dag")
        until(lambda: sandbox.calls(method="getUpdates"))
        running.kill(polling)
        session.rollback()
    assert len(sandbox.updates()["pending"]) == 1
    running.begin(poller(settings, sessions))
    until(lambda: texts(sessions) == ["dag"])
    until(lambda: not sandbox.updates()["pending"])
    assert texts(sessions) == ["dag"]


def test_a_wrong_token_is_one_clear_error(
    running: Running,
    sandbox: SandboxClient,
    settings: Settings,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "2:wrong")
    get_settings.cache_clear()
    bot = gateway.make_bot(get_settings())
    with pytest.raises(ConfigurationError, match="TELEGRAM_TOKEN"):
        running.call(lambda: polling.poll(bot, sessions))
