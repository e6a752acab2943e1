"""Where the past of the demo is played: what the gateway and Telegram would have done."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Button, Coordinator, Helper, Message, MessageKind, Resident, SendState
from bot.services import conversation, messages, residents
from bot.services.messages import Incoming
from bot.understanding import read


@dataclass(slots=True)
class Stage:
    """Who is there already, and what Telegram would count."""

    session: Session
    coordinator: Coordinator
    helpers: dict[str, Helper] = field(default_factory=dict)
    next_message_id: int = 1

    def receive(self, telegram_id: int, now: datetime, words: str = "", **details: Any) -> Message:
        """What somebody wrote or pressed arrives, as it does at the gateway."""
        if "button_token" not in details:
            details["telegram_message_id"] = self.next_message_id
            self.next_message_id += 1
        incoming = Incoming(telegram_id=telegram_id, text=words, sent_at=now, **details)
        message = conversation.receive(self.session, incoming, read(words), now)
        assert message is not None, "every message of the demo is new"
        return message

    def press(self, telegram_id: int, label: str, now: datetime) -> Message:
        """Somebody presses a button under the last message that has one like it."""
        chat = messages.chat_of(self.session, telegram_id, now)
        button, shown = self.session.execute(
            select(Button, Message)
            .join(Message, Message.id == Button.message_id)
            .where(Message.chat_id == chat.id, Button.label == label)
            .where(Button.used_at.is_(None))
            .order_by(Message.id.desc())
            .limit(1)
        ).one()
        return self.receive(
            telegram_id,
            now,
            telegram_message_id=shown.telegram_message_id,
            kind=MessageKind.BUTTON,
            button_token=button.token,
        )

    def link(self, person: Helper | Coordinator | Resident, telegram_id: int, now: datetime) -> str:
        """Somebody opens the link with which they were invited."""
        token = residents.invite(self.session, person, now - timedelta(hours=2))
        self.session.flush()
        self.receive(telegram_id, now, f"/start {token}")
        return token

    def deliver(self, now: datetime) -> None:
        """Everything that was queued reached its chat."""
        queued = select(Message).where(Message.send_state == SendState.QUEUED).order_by(Message.id)
        for message in self.session.scalars(queued):
            message.send_state, message.sent_at, message.attempts = SendState.SENT, now, 1
            message.telegram_message_id = self.next_message_id
            self.next_message_id += 1
