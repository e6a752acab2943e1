"""What every table shares: naming of constraints, column shorthands, enums kept as text."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Enum, Identity, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

from bot.db import Encrypted, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  (SQLAlchemy reads a plain dict)


BigId = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
UuidId = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]
EncryptedText = Annotated[str, mapped_column(Encrypted)]


def text_enum(kind: type[StrEnum]) -> Any:
    """An enum column kept as text with a CHECK, so that a new value needs no type change."""
    return Enum(
        kind,
        native_enum=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=True,
        name=kind.__name__.lower(),
    )
