"""The database: sessions, and column types that keep time aware and identity encrypted."""

import asyncio
import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, ParamSpec, TypeVar

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import DateTime, Dialect, Engine, LargeBinary, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from bot.errors import ConfigurationError
from bot.settings import get_settings

logger = logging.getLogger(__name__)

IDLE_SECONDS = 2.0
"""After this long in the pool a connection is asked whether it lives."""

P = ParamSpec("P")
T = TypeVar("T")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware going in, aware in UTC coming out. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored; use bot.clock.now()")
        return value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


@cache
def _key(purpose: bytes) -> bytes:
    secret = get_settings().secret_key.get_secret_value()
    if len(secret) < 32:
        raise ConfigurationError(
            "SECRET_KEY is missing or shorter than 32 characters. Make one with "
            "`python3 -c 'import secrets; print(secrets.token_urlsafe(48))'` and keep it safe: "
            "without it names and Telegram ids cannot be read back."
        )
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret.encode())


@cache
def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"identity")))


class Encrypted(TypeDecorator[str]):
    """Text that identifies a person (name, Telegram id, phone, mail), encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> bytes | None:
        return None if value is None else _fernet().encrypt(value.encode())

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return _fernet().decrypt(bytes(value)).decode()
        except InvalidToken:
            raise ConfigurationError(
                "SECRET_KEY is not the one this database was made with"
            ) from None


async def persist(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Run a transaction in a thread, again and again while the database is away for up to a minute.

    For what the outside world has already seen, such as a message that Telegram took: giving up on
    writing it down would make it `unknown`.
    """
    pauses = iter((0.1, 0.2, 0.5, 1, 2, 4, 8, 15, 30))
    while True:
        try:
            return await asyncio.to_thread(function, *arguments, **options)
        except OperationalError:
            pause = next(pauses, None)
            if pause is None:
                raise
            logger.warning("the database is away; writing down again in %s s", pause)
            await asyncio.sleep(pause)


def keyed_hash(value: str) -> str:
    """64 hex digits by which an encrypted value or a token is looked up (HMAC-SHA-256)."""
    return hmac.new(_key(b"lookup"), value.encode(), hashlib.sha256).hexdigest()


def database_url(url: str, database: str | None = None) -> URL:
    """`url` with psycopg 3 as its driver, and another database on the same server if given."""
    parsed = make_url(url)
    return parsed.set(
        drivername="postgresql+psycopg", database=database or parsed.database or "praatje"
    )


def connection_string(url: str) -> str:
    """`url` as libpq reads it, for the parts that use psycopg without SQLAlchemy."""
    plain = database_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def make_sessions(url: str, **engine_options: Any) -> sessionmaker[Session]:
    """Sessions on a PostgreSQL server; nothing connects before the first query."""
    options: dict[str, Any] = {
        "pool_size": 10,
        "max_overflow": 10,
        "hide_parameters": True,  # an error must not carry a resident's words into a log
    }
    engine = create_engine(database_url(url), **(options | engine_options))
    _ping_idle_connections(engine)
    return sessionmaker(engine, expire_on_commit=False)


def _ping_idle_connections(engine: Engine) -> None:
    """Ask a connection that lay still whether it lives; one used just now would only lose time.

    SQLAlchemy's own `pool_pre_ping` asks at every transaction, which is one round trip in five. A
    connection that broke in between fails its transaction once, and `persist` repeats that.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        used_at = record.info.get("used_at")
        if used_at is None or time.monotonic() - used_at < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool takes another connection
