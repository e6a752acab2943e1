"""Run by Alembic: migrations on one connection, our tables only."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine

from bot.db import Encrypted, UtcDateTime
from bot.models import Base

PLAIN = {UtcDateTime: "sa.DateTime(timezone=True)", Encrypted: "sa.LargeBinary()"}


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Procrastinate looks after its own tables."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def plainly(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Our column types as the database knows them: old steps need no code of today."""
    return PLAIN.get(type(item), False) if kind == "type" else False


engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=ours,
        compare_type=True,
        render_item=plainly,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
