"""Runs actions as Rasa does: through rasa_sdk's executor, on the database of the test."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.orm import Session, sessionmaker

from actions import base
from bot.models import Resident
from tests.people import People
from tests.telling import Teller

TELEGRAM_ID = 4711


@dataclass(frozen=True)
class Said:
    """What an action answered: response names and texts, buttons, signs to the worker, slots."""

    responses: list[str]
    texts: list[str]
    payloads: list[str]
    signs: list[str]
    slots: dict[str, Any]
    events: list[str]


class Rasa:
    """Calls one action with a tracker like Rasa's."""

    def __init__(self, sender: str) -> None:
        self.sender = sender
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    def call(
        self,
        action: str,
        intent: str = "",
        text: str = "",
        *,
        message_id: int | None = None,
        slots: Mapping[str, Any] | None = None,
        answer_to: str | None = None,
        entities: Mapping[str, Any] | None = None,
        ranking: Sequence[str] = (),
    ) -> Said:
        known = dict(slots or {})
        events: list[dict[str, Any]] = [{"event": "user", "text": text}]
        if answer_to:
            known |= {"requested_slot": answer_to, answer_to: text}
            events += [
                {"event": "action", "name": "check_in_form"},
                {"event": "slot", "name": answer_to, "value": text},
            ]
        tracker = {
            "sender_id": self.sender,
            "slots": known,
            "latest_message": {
                "text": text,
                "intent": {"name": intent},
                "entities": [{"entity": k, "value": v} for k, v in (entities or {}).items()],
                "intent_ranking": [{"name": each} for each in ranking],
                "metadata": {} if message_id is None else {"message_id": message_id},
            },
            "events": events,
            "active_loop": {},
        }
        call = {
            "next_action": action,
            "sender_id": self.sender,
            "tracker": tracker,
            "domain": {},
            "version": "3.21.0",
        }
        result = asyncio.run(self._executor.run(call))
        assert result is not None
        said = result.responses
        return Said(
            responses=[each["response"] for each in said if each["response"]],
            texts=[each["text"] for each in said if each["text"]],
            payloads=[button["payload"] for each in said for button in each["buttons"]],
            signs=[each["custom"]["praatje"] for each in said if each["custom"]],
            slots={
                each["name"]: each["value"] for each in result.events if each["event"] == "slot"
            },
            events=[each["event"] for each in result.events],
        )


@pytest.fixture
def resident(people: People) -> Resident:
    return people.resident(TELEGRAM_ID)


@pytest.fixture
def rasa(
    resident: Resident, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> Rasa:
    """Rasa in a conversation with the resident."""
    monkeypatch.setattr(base, "get_sessions", lambda: sessions)
    return Rasa(str(resident.id))


@pytest.fixture
def message_id(resident: Resident, sessions: sessionmaker[Session], now: datetime) -> int:
    """A message of the resident, as the gateway stored it."""
    teller = Teller(sessions, TELEGRAM_ID, now)
    teller.says("het gaat wel")
    return teller.inbox()[-1].id
