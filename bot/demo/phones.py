"""The telephones of the demo: the sandbox's state, made from what stands in the database."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bot.db import keyed_hash
from bot.demo.cast import Cast
from bot.models import Button, Chat, Direction, Message, MessageKind, SendState
from sandbox.clock import SandboxClock, write_atomically
from sandbox.model import Person, StoredMessage
from sandbox.persistence import snapshot
from sandbox.state import State


def write(file: Path, session: Session, cast: Cast, token: str, username: str) -> None:
    """Put everybody's chats in the sandbox's state file, as they see them."""
    state = State(token, SandboxClock(), username)
    for telegram_id, name in _people(cast):
        first, _, last = name.partition(" ")
        person = state.add_person(first, id=telegram_id, last_name=last or None)
        hashed = keyed_hash(f"telegram:{telegram_id}")
        chat = session.scalar(select(Chat).where(Chat.telegram_id_hash == hashed))
        if chat is not None:
            person.started, person.blocked = True, chat.blocked_at is not None
            _fill(state, person, session, chat)
    write_atomically(file, json.dumps(snapshot(state), ensure_ascii=False))


def _people(cast: Cast) -> list[tuple[int, str]]:
    """Everybody by Telegram id, in the order in which the page shows them."""
    return [
        *((player.telegram_id, player.name) for player in cast.residents),
        *((aide.telegram_id, aide.name) for aide in cast.helpers),
        (cast.coordinator_telegram_id, cast.coordinator),
    ]


def _fill(state: State, person: Person, session: Session, chat: Chat) -> None:
    seen = (
        select(Message)
        .where(Message.chat_id == chat.id, Message.kind != MessageKind.BUTTON)
        .where((Message.direction == Direction.IN) | (Message.send_state == SendState.SENT))
        .order_by(Message.id)
        .options(selectinload(Message.buttons))
    )
    chats = state.messages.setdefault(person.id, {})
    for message in session.scalars(seen):
        out = message.direction == Direction.OUT
        assert message.telegram_message_id is not None
        payload = {
            "message_id": message.telegram_message_id,
            "from": state.bot if out else person.user(),
            "chat": person.chat(),
            "date": int(message.created_at.timestamp()),
            "text": message.text,
            **_markup(message.buttons),
        }
        chats[message.telegram_message_id] = StoredMessage(payload, from_bot=out)
        state.next_message_id = max(state.next_message_id, message.telegram_message_id + 1)


def _markup(buttons: list[Button]) -> dict[str, Any]:
    """The buttons that can still be pressed, one a row."""
    rows = [
        [{"text": button.label, "callback_data": button.token}]
        for button in buttons
        if button.used_at is None
    ]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}
