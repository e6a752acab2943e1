"""What Rasa keeps of a conversation, read from the tables of its tracker store.

Rasa's own interface has no quick way to ask what it just understood: it reads the text once more,
or hands over a whole conversation. The tables are those of `rasa.core.tracker_store.SQLEvent`.
"""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, column, create_engine, select, table

from bot.db import database_url
from bot.dialogue import Reply, Understood
from bot.rasa import OTHER_SHAPE, read_reply
from bot.settings import Settings

_events = table("events", column("id"), column("sender_id"), column("type_name"), column("data"))


class Trackers:
    """Rasa's database; nothing connects before the first question."""

    def __init__(self, settings: Settings) -> None:
        url = settings.rasa_tracker_url or tracker_url(settings.database_url)
        self._engine = create_engine(database_url(url), hide_parameters=True)

    def close(self) -> None:
        self._engine.dispose()

    def understood(self, resident_id: UUID, message_id: int) -> Understood | None:
        """The intent that Rasa read in a message; None when it did not come to that."""
        heard = self._heard(resident_id, message_id)
        try:
            intent = json.loads(heard.data)["parse_data"]["intent"] if heard else None
            return Understood(str(intent["name"]), float(intent["confidence"])) if intent else None
        except OTHER_SHAPE:
            return None

    def answered(self, resident_id: UUID, message_id: int) -> list[Reply] | None:
        """What Rasa answered before to a message; None when it never saw it."""
        heard = self._heard(resident_id, message_id)
        if heard is None:
            return None
        said = _of(resident_id, "bot").where(_events.c.id > heard.id).order_by(_events.c.id)
        with self._engine.connect() as connection:
            return [read_reply(json.loads(row.data)) for row in connection.execute(said)]

    def _heard(self, resident_id: UUID, message_id: int) -> Row[Any] | None:
        """The last thing that Rasa heard from a resident, if it is this message."""
        last = _of(resident_id, "user").order_by(_events.c.id.desc()).limit(1)
        with self._engine.connect() as connection:
            heard = connection.execute(last).one_or_none()
        if heard is None:
            return None
        metadata = json.loads(heard.data).get("metadata") or {}
        return heard if metadata.get("message_id") == message_id else None


def tracker_url(url: str) -> str:
    """A database of its own for Rasa's trackers on the same server, with the driver Rasa knows."""
    theirs = database_url(url)
    theirs = theirs.set(drivername="postgresql+psycopg2", database=f"{theirs.database}_rasa")
    return theirs.render_as_string(hide_password=False)


def _of(resident_id: UUID, kind: str) -> Select[Any]:
    return select(_events.c.id, _events.c.data).where(
        _events.c.sender_id == str(resident_id), _events.c.type_name == kind
    )
