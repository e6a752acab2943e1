"""A person who writes, straight into the first transaction of a turn: no Telegram, no worker."""

import itertools
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import Button, Chat, Direction, Message, MessageKind
from bot.services import conversation, messages
from bot.services.messages import Incoming
from bot.understanding import read

_message_ids = itertools.count(1_000)


class Teller:
    """One chat; each act answers the texts that were queued for that chat because of it."""

    def __init__(self, sessions: sessionmaker[Session], telegram_id: int, now: datetime) -> None:
        self.sessions = sessions
        self.telegram_id = telegram_id
        self.now = now

    def says(self, text: str = "", **incoming: Any) -> list[str]:
        """Write a text, or anything else that `Incoming` can hold."""
        before = {message.id for message in self.outbox()}
        what = Incoming(
            self.telegram_id,
            **{"telegram_message_id": next(_message_ids), "text": text, **incoming},
        )
        with self.sessions.begin() as session:
            conversation.receive(session, what, read(what.text), self.now)
        return [message.text for message in self.outbox() if message.id not in before]

    def presses(self, label: str) -> list[str]:
        """Press the newest button with this label, whether or not it was used before."""
        return self.says(kind=MessageKind.BUTTON, button_token=self.button(label).token)

    def button(self, label: str) -> Button:
        with self.sessions() as session:
            newest = (
                select(Button)
                .join(Message, Message.id == Button.message_id)
                .where(Message.chat_id == self.chat(session).id, Button.label == label)
                .order_by(Message.id.desc())
                .limit(1)
            )
            return session.scalars(newest).one()

    def chat(self, session: Session) -> Chat:
        return messages.chat_of(session, self.telegram_id, self.now)

    def outbox(self) -> list[Message]:
        """All that was ever queued for this chat, oldest first."""
        return self._all(Direction.OUT)

    def inbox(self) -> list[Message]:
        """All that ever came in from this chat, oldest first."""
        return self._all(Direction.IN)

    def _all(self, direction: Direction) -> list[Message]:
        with self.sessions.begin() as session:
            mine = select(Message).where(
                Message.chat_id == self.chat(session).id, Message.direction == direction
            )
            return list(session.scalars(mine.order_by(Message.id)))
