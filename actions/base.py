"""The one base class of all actions: a turn, one transaction, and a failure that leaks nothing."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.db import make_sessions
from bot.errors import NotFound
from bot.models import Resident
from bot.services import residents
from bot.settings import get_settings

logger = logging.getLogger(__name__)

Event = dict[str, Any]


@cache
def get_sessions() -> sessionmaker[Session]:
    """Sessions of this process, made at the first turn and not at import."""
    return make_sessions(get_settings().database_url)


@dataclass(frozen=True, slots=True)
class Turn:
    """What an action may know of the message that it answers, and what it answers with.

    `answers` are the answers in a form that still have to be judged, by question. `ranking` are the
    intents that Rasa considered, the likeliest first. `message_id` is ours, not Rasa's.
    """

    session: Session
    dispatcher: CollectingDispatcher
    resident_id: UUID
    message_id: int | None
    intent: str
    now: datetime
    text: str = field(repr=False)
    slots: Mapping[str, Any] = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    entities: Mapping[str, Any]
    ranking: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, dispatcher: CollectingDispatcher, tracker: Tracker) -> "Turn":
        """Raises ValueError when the sender is no resident's UUID."""
        message = tracker.latest_message
        return cls(
            session=session,
            dispatcher=dispatcher,
            resident_id=UUID(tracker.sender_id),
            message_id=(message.get("metadata") or {}).get("message_id"),
            intent=(message.get("intent") or {}).get("name") or "",
            now=clock.now(),
            text=message.get("text") or "",
            slots=tracker.slots,
            answers=tracker.slots_to_validate(),
            entities={each["entity"]: each["value"] for each in message.get("entities") or ()},
            ranking=tuple(each["name"] for each in message.get("intent_ranking") or ()),
        )

    @property
    def message_ids(self) -> list[int]:
        """The message behind this turn, if it was said by the resident."""
        return [] if self.message_id is None else [self.message_id]

    def resident(self) -> Resident:
        """The resident who speaks. Raises NotFound."""
        resident = residents.get_resident(self.session, self.resident_id)
        if resident is None:
            raise NotFound("no resident has this conversation")
        return resident

    def say(self, response: str, **fields: Any) -> None:
        """Utter a response of data/responses/, in the form of address that Rasa knows."""
        self.dispatcher.utter_message(response=response, **fields)

    def show(self, text: str, buttons: Sequence[Mapping[str, str]] = ()) -> None:
        """Utter a text of data/texts.toml as it is."""
        self.dispatcher.utter_message(text=text, buttons=list(buttons))

    def sign(self, word: str) -> None:
        """Tell the worker something that the resident does not see."""
        self.dispatcher.utter_message(json_message={"praatje": word})


class PraatjeAction(Action, ABC):  # type: ignore[misc]  # rasa_sdk ships no types
    """An action of ours. Subclasses give `action_name` and `act`; nothing they raise gets out."""

    action_name: ClassVar[str]

    def name(self) -> str:
        return self.action_name

    @abstractmethod
    def act(self, turn: Turn) -> list[Event]:
        """Do it, in the transaction of `turn.session`, and return Rasa events."""

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: object,  # noqa: ARG002
    ) -> list[Event]:
        """The events of `act`; after a failure nothing but a sign to the worker (row N9).

        rasa_sdk's own error carries the resident's words, and Rasa would log it (row O8).
        """
        try:
            return await asyncio.to_thread(self._act_in_transaction, dispatcher, tracker)
        except Exception:
            logger.exception("%s failed", self.action_name)
            dispatcher.messages.clear()
            dispatcher.utter_message(json_message={"praatje": "action_failed"})
            return []

    def _act_in_transaction(
        self, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[Event]:
        with get_sessions().begin() as session:
            return self.act(Turn.of(session, dispatcher, tracker))
