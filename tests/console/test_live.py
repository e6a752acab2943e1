"""Lists that stand open hear of changes: over real HTTP, with the real LISTEN."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from bot.console import live
from bot.console.app import create_app
from bot.console.live import Bell
from bot.models import Case
from sandbox.testing import Server
from tests.console.conftest import EMAIL, token_on
from tests.people import PASSWORD, People

Sessions = sessionmaker[Session]


@pytest.fixture
def joke(sessions: Sessions, people: People) -> Iterator[httpx.Client]:
    """A coordinator's browser, logged in over real HTTP."""
    people.coordinator(EMAIL)
    server = Server(create_app(sessions)).start()
    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
        form = {"email": EMAIL, "wachtwoord": PASSWORD, "csrf": token_on(client.get("/inloggen"))}
        assert client.post("/inloggen", data=form).status_code == 303
        with sessions() as session:
            while not listening(session):
                session.rollback()
        yield client
    server.stop()


def listening(session: Session) -> list[int]:
    """The database processes that listen for cases."""
    asked = text("SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN cases'")
    return list(session.scalars(asked))


def next_event(lines: Iterator[str]) -> str:
    return next(line for line in lines if line.startswith("event:"))


def test_a_new_case_is_heard_at_once_and_no_word_of_it_is_sent(
    joke: httpx.Client, people: People, make_case: Callable[..., Case], sessions: Sessions
) -> None:
    resident = people.resident(1)
    with joke.stream("GET", "/meldingen/live") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next_event(lines) == "event: cases"
        assert next(lines) == "data: veranderd"
        make_case(resident)
        assert next_event(lines) == "event: cases"
        assert next(lines) == "data: veranderd"
        with sessions() as session:
            assert len(listening(session)) == 1
            held = text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in trans%'")
            assert session.scalar(held) == 0


def test_a_lost_connection_is_made_anew_and_nothing_is_missed(
    joke: httpx.Client, people: People, make_case: Callable[..., Case], sessions: Sessions
) -> None:
    resident = people.resident(1)
    with joke.stream("GET", "/meldingen/live") as stream:
        lines = stream.iter_lines()
        next_event(lines)
        with sessions() as session:
            (pid,) = listening(session)
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        assert next_event(lines) == "event: cases"
        make_case(resident, opened=timedelta(0))
        assert next_event(lines) == "event: cases"


def test_a_stream_beats_while_nothing_happens_and_ends_so_that_the_log_in_is_checked_again(
    joke: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.5)
    lines = joke.get("/meldingen/live").text.splitlines()
    assert lines.count("event: cases") <= 2
    assert ": er is niets veranderd" in lines


def test_without_a_log_in_there_is_no_stream(joke: httpx.Client) -> None:
    joke.cookies.clear()
    assert joke.get("/meldingen/live").status_code == 303


def test_g4_a_bell_rings_for_its_own_municipality_only() -> None:
    async def ring() -> tuple[bool, bool]:
        bell = Bell(make_url("postgresql://nobody@127.0.0.1:1/nothing"))
        with bell.at(1) as ours, bell.at(2) as theirs:
            bell.ring("1")
            return ours.is_set(), theirs.is_set()

    assert asyncio.run(ring()) == (True, False)
