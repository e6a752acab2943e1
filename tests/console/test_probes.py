"""What other programs ask the console, without a log-in."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from bot.models import Resident
from bot.services import residents
from bot.settings import get_settings
from tests.people import People


def test_the_console_says_that_it_is_well(console: Callable[[], TestClient]) -> None:
    assert console().get("/healthz").json() == {"status": "ok"}


def test_outside_the_sandbox_the_next_check_in_is_no_page(
    console: Callable[[], TestClient], people: People
) -> None:
    people.resident(1)
    answer = console().get("/sandbox/next-check-in")
    assert answer.status_code == 404
    assert "niet gevonden" in answer.text


def test_the_sandbox_hears_when_the_first_active_resident_is_due(
    console: Callable[[], TestClient],
    people: People,
    sessions: sessionmaker[Session],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SANDBOX", "true")
    get_settings.cache_clear()
    browser = console()
    assert browser.get("/sandbox/next-check-in").json() == {"at": None}
    first = people.resident(1, now=now)
    people.resident(2, now=now + timedelta(days=3))
    assert browser.get("/sandbox/next-check-in").json() == {"at": "2026-11-25T09:00:00+00:00"}
    with sessions.begin() as session:
        residents.stop(session, session.get_one(Resident, first.id), now)
    assert browser.get("/sandbox/next-check-in").json() == {"at": "2026-11-28T09:00:00+00:00"}
    get_settings.cache_clear()
