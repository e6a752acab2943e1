"""One message that came in, with all that answering it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.dialogue import Choice
from bot.models import AddressForm, Chat, Message, Purpose, Resident, ResidentStatus
from bot.services import messages
from bot.services.texts import render

TAKING_PART = (ResidentStatus.ACTIVE, ResidentStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stored message and the transaction in which it is answered.

    `resident` is None for strangers, helpers and coordinators.
    """

    session: Session
    chat: Chat
    resident: Resident | None
    message: Message
    now: datetime

    @property
    def form(self) -> AddressForm:
        return self.resident.address_form if self.resident else AddressForm.U

    @property
    def takes_part(self) -> bool:
        """Whether this is a resident who enrolled and did not stop."""
        return self.resident is not None and self.resident.status in TAKING_PART

    def say(
        self,
        key: str,
        choices: Sequence[Choice] = (),
        purpose: Purpose = Purpose.REPLY,
        fields: Mapping[str, str] | None = None,
    ) -> Message:
        """Queue the fixed text `key` as the answer, in the form for this resident."""
        text = render(key, self.form, **(fields or {}))
        return messages.queue_message(
            self.session,
            self.chat,
            text,
            purpose,
            self.now,
            choices=choices,
            reply_to=self.message,
        )
