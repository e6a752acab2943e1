"""What passes between Rasa, the services and Telegram: choices, replies, what was understood."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """A button to offer: what it says and what pressing it means to us or to Rasa."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing that Rasa answered; `custom` is a sign from an action of ours to us."""

    text: str = ""
    choices: tuple[Choice, ...] = ()
    custom: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """The intent that Rasa reads in a text, and how sure it is (0 to 1)."""

    intent: str
    confidence: float


def merge(replies: Sequence[Reply]) -> Reply:
    """All that Rasa said in a turn as one: a phone that buzzes four times helps nobody."""
    return Reply(
        text="\n\n".join(reply.text.strip() for reply in replies if reply.text.strip()),
        choices=tuple(choice for reply in replies for choice in reply.choices),
    )
