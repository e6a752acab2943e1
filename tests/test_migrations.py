"""The database that the migrations make is the one that the models describe."""

from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from bot import migrations


def test_models_and_migrations_say_the_same(db_url: str) -> None:
    command.check(migrations.config(db_url))


def test_migrating_again_changes_nothing(db_url: str) -> None:
    migrations.migrate(db_url)


def test_a_claim_goes_by_the_index_on_locks(sessions: sessionmaker[Session]) -> None:
    """Without it a claim grows with the square of the queue (see the first migration)."""
    with sessions() as session:
        settings = session.scalar(
            text("SELECT proconfig FROM pg_proc WHERE proname = 'procrastinate_fetch_job_v2'")
        )
        index = session.scalar(
            text("SELECT 1 FROM pg_indexes WHERE indexname = 'procrastinate_jobs_waiting_by_lock'")
        )
    assert index == 1
    assert settings is not None
    assert {"enable_sort=off", "enable_hashjoin=off"} <= set(settings)
