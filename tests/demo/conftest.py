"""The demo, played once into a database of its own."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

from bot.db import database_url, make_sessions
from bot.demo import cast, play

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def players() -> cast.Cast:
    return cast.load()


@pytest.fixture(scope="package")
def played(postgres: str, template: URL, players: cast.Cast) -> Iterator[sessionmaker[Session]]:
    """Sessions on a database in which the demo was just filled; tests only read it."""
    name = f"test_demo_{os.urandom(4).hex()}"
    engine = create_engine(database_url(postgres, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
    sessions = make_sessions(database_url(postgres, name).render_as_string(hide_password=False))
    with sessions.begin() as session:
        play.play(session, players, NOW)
    yield sessions
    sessions.kw["bind"].dispose()
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
