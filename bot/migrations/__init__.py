"""The schema of the database, step by step (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bot.db import database_url
from bot.errors import ConfigurationError


def config(url: str) -> Config:
    """Alembic's settings for one database; there is no alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.set_main_option(
        "file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s"
    )
    settings.attributes["url"] = database_url(url)
    return settings


def migrate(url: str) -> None:
    """Bring a database up to date, made first when missing. Raises ConfigurationError."""
    try:
        create_database(url)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        raise ConfigurationError(f"The database cannot be reached: {reason}") from None
    command.upgrade(config(url), "head")


def create_database(url: str) -> None:
    """Make the database that `url` names, unless it exists."""
    wanted = database_url(url)
    engine = create_engine(wanted.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.scalar(known, {"name": wanted.database}) is None:
            name = connection.dialect.identifier_preparer.quote(str(wanted.database))
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
