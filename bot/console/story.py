"""The timeline of a case: messages and events in one order, and the reasons with their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from markupsafe import Markup

from bot.console import words
from bot.console.highlight import explained, highlighted
from bot.models import (
    ActorKind,
    AuditEntry,
    Case,
    CaseReason,
    Direction,
    Message,
    MessageKind,
    Outcome,
    Purpose,
    SendState,
    Verdict,
)
from bot.services.review import READ
from bot.understanding.labels import Level, Signal

Names = Mapping[tuple[ActorKind, str], str]
NOTABLE_DELAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as the timeline shows it."""

    message: Message
    html: Markup
    findings: list[dict[str, str]]
    doubts: list[str]
    replaced: bool

    @property
    def at(self) -> datetime:
        return self.message.created_at

    @property
    def mine(self) -> bool:
        """Whether it is Praatje's."""
        return self.message.direction == Direction.OUT

    @property
    def pressed(self) -> bool:
        """Whether a button was tapped, or its words were typed."""
        return self.message.payload is not None or self.message.kind == MessageKind.BUTTON

    @property
    def failed(self) -> bool:
        return self.message.send_state in (SendState.FAILED, SendState.UNKNOWN)

    @property
    def written_at(self) -> datetime | None:
        """When the resident wrote it, if it came in notably later."""
        written = self.message.sent_by_person_at
        return written if written and self.at - written > NOTABLE_DELAY else None

    @property
    def things(self) -> list[str]:
        """What came with it besides text, in words."""
        return [words.KIND[each.kind] for each in self.message.attachments] or (
            [words.KIND[self.message.kind]]
            if self.message.kind not in (MessageKind.TEXT, MessageKind.BUTTON)
            else []
        )


def bubble(message: Message, *, replaced: bool = False) -> Bubble:
    """A message with what was found in it marked."""
    return Bubble(
        message=message,
        html=highlighted(message.text, message.findings),
        findings=explained(message.text, message.findings),
        doubts=[words.SIGNAL[Signal(name)] for name in message.ask],
        replaced=replaced,
    )


def numbers_sent(conversation: Sequence[Message]) -> SendState | None:
    """How far the last message with the helplines is, if there is one."""
    crisis = (each for each in reversed(conversation) if each.purpose == Purpose.CRISIS)
    return next((each.send_state for each in crisis), None)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened besides messages."""

    at: datetime
    text: str
    by: str
    times: int = 1


def story(
    conversation: Sequence[Message], entries: Sequence[AuditEntry], names: Names
) -> list[Bubble | Event]:
    """Messages and events in the order of time (row C3), from the first message shown on."""
    edited = {
        message.telegram_message_id: message.id for message in conversation if message.edited_at
    }
    bubbles: list[Bubble | Event] = [
        bubble(
            message,
            replaced=message.direction == Direction.IN
            and message.id < edited.get(message.telegram_message_id, 0),
        )
        for message in conversation
    ]
    since = conversation[0].created_at if conversation else None
    events = [
        event(entry, names)
        for entry in entries
        if entry.action != READ and (since is None or entry.at >= since)
    ]
    return sorted([*bubbles, *events], key=lambda each: each.at)


def event(entry: AuditEntry, names: Names, times: int = 1) -> Event:
    """An audit row in plain Dutch."""
    return Event(
        entry.at,
        words.ACTION.get(entry.action, "Iets veranderd") + _details(entry.details),
        _by(entry, names),
        times,
    )


def _by(entry: AuditEntry, names: Names) -> str:
    if entry.actor_kind == ActorKind.SYSTEM:
        return "Praatje"
    if entry.actor_kind == ActorKind.OPERATOR:
        return "de beheerder"
    return names.get((entry.actor_kind, entry.actor_id or ""), "iemand die hier niet meer werkt")


def _details(details: Mapping[str, Any]) -> str:
    """What is worth telling of the details of an audit row; each key is of one kind of row."""
    told = []
    if "level" in details:
        told.append(words.LEVEL[Level(details["level"])].lower())
    if "reason" in details:
        told.append(words.REASON[CaseReason(details["reason"])].lower())
    if "outcome" in details:
        told.append(words.OUTCOME[Outcome(details["outcome"])].lower())
    if "verdict" in details:
        told.append(f"inschatting: {words.VERDICT[Verdict(details['verdict'])].lower()}")
    if "at_time" in details:
        told.append(str(details["at_time"]))
    return f" ({'; '.join(told)})" if told else ""


def told_history(entries: Sequence[AuditEntry], names: Names) -> list[Event]:
    """Every audit row, newest first; the same by the same person in a row is told once."""
    grouped = groupby(entries, key=lambda entry: (entry.action, entry.actor_kind, entry.actor_id))
    told = []
    for _, group in grouped:
        same = list(group)
        told.append(event(same[-1], names, len(same)))
    return told[::-1]


@dataclass(frozen=True, slots=True)
class Why:
    """One reason of a case with the messages it rests on."""

    reason: CaseReason
    bubbles: list[Bubble]


def reasons_with_words(case: Case) -> list[Why]:
    """The reasons, the most urgent first, each with its messages in the order they came."""
    ranked = sorted(case.causes, key=lambda cause: -cause.level.rank)
    by_reason: dict[CaseReason, list[Bubble]] = {cause.reason: [] for cause in ranked}
    for cause in case.causes:
        if cause.message is not None:
            by_reason[cause.reason].append(bubble(cause.message))
    return [Why(reason, bubbles) for reason, bubbles in by_reason.items()]
