"""A turn with Rasa: which messages it takes, and what is done with the answer.

One transaction each; between the two none is open. A turn that died in between is taken again;
then the worker first asks Rasa what it answered, so that nothing is said twice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from sqlalchemy.orm import Session

from bot.dialogue import Reply, Understood, merge
from bot.models import CaseReason, Message, MessageKind, Purpose, Resident
from bot.services import cases, danger, messages
from bot.services.arrival import Arrival
from bot.understanding import Finding, Reading, read, with_intent
from bot.understanding.labels import Level, Signal, higher

LEADING_SLASHES = re.compile(r"^[\s/]+")
CRISIS_SIGN = "crisis"
"""What an action sends when the dialogue reads danger: the widest reviewed text goes out."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is put to Rasa: one button press, or all texts of a burst as one.

    `more` when something else of the same chat waits behind it.
    """

    resident_id: UUID
    message_ids: tuple[int, ...]
    text: str
    is_payload: bool
    begun_before: bool
    more: bool

    @property
    def message_id(self) -> int:
        """The message that stands for the turn, in Rasa's tracker too."""
        return self.message_ids[-1]


def begin(session: Session, message_id: int, now: datetime) -> Turn | None:
    """The next turn of whoever wrote a message; None when nothing is left, or it comes later.

    Later: when something newer was written, the job of that message takes the whole burst.
    """
    waiting = messages.unhandled(session, message_id)
    resident = waiting[-1].chat.resident if waiting else None
    if resident is None:
        return None
    newest = waiting[-1]
    if newest.id > message_id and newest.payload is None and newest.turn_started_at is None:
        return None
    first = waiting[0]
    group = [first]
    if first.payload is None:  # the burst; or, begun by a worker that died, what it put to Rasa
        begun_at = first.turn_started_at
        group = list(
            takewhile(lambda m: m.payload is None and m.turn_started_at == begun_at, waiting)
        )
    begun_before = group[-1].turn_started_at is not None
    for each in group:
        each.turn_started_at = now
    return Turn(
        resident_id=resident.id,
        message_ids=tuple(each.id for each in group),
        text=group[0].payload or "\n".join(_spoken(each) for each in group),
        is_payload=group[0].payload is not None,
        begun_before=begun_before,
        more=len(group) < len(waiting),
    )


def _spoken(message: Message) -> str:
    """The words of a message for Rasa; a leading slash would trigger any intent, so it goes."""
    return LEADING_SLASHES.sub("", message.text) or (
        "…" if message.kind == MessageKind.TEXT else ""
    )


def conclude(
    session: Session,
    turn: Turn,
    replies: Sequence[Reply],
    understood: Understood | None,
    now: datetime,
) -> None:
    """Queue what Rasa answered, keep what it understood, and open a case where that is due.

    No usable answer, or an action that failed, gives the safe text and a case (row N9).
    A turn that was concluded before changes nothing.
    """
    group = messages.lock(session, turn.message_ids)
    last = group[-1]
    if last.handled_at is not None:
        return
    for message in group:
        message.handled_at = now
    reading = _read(turn, group, understood)
    resident = session.get_one(Resident, turn.resident_id)
    arrival = Arrival(session, last.chat, resident, last, now)
    signs = {reply.custom for reply in replies if reply.custom}
    if danger.respond(arrival, reading):
        return
    if CRISIS_SIGN in signs:
        danger.answer(arrival, Signal.SUICIDE)
        return
    if signs or not any(reply.text for reply in replies):
        _answer_safely(arrival, resident)
    else:
        _answer(arrival, replies)
    _open_case(session, resident, group, reading, now)


def _read(turn: Turn, group: Sequence[Message], understood: Understood | None) -> Reading:
    """What the burst as a whole shows, with what the intent adds; kept on its last message."""
    last = group[-1]
    reading = read("" if turn.is_payload else turn.text)
    if understood is not None:
        last.intent, last.confidence = understood.intent, understood.confidence
        reading = with_intent(reading, understood.intent, understood.confidence)
    last.level = higher(last.level, reading.level)
    if not turn.is_payload:
        messages.keep_findings(last, _of_the_whole(group, reading) if len(group) > 1 else reading)
    return reading


def _of_the_whole(group: Sequence[Message], reading: Reading) -> Reading:
    """What shows only in a burst as a whole, as spans over all of its last message."""
    known = {found.signal for message in group for found in message.findings}
    end = len(group[-1].text)

    def spread(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        fresh = (finding for finding in findings if finding.signal not in known)
        return tuple(replace(finding, start=0, end=end) for finding in fresh)

    return replace(
        reading,
        findings=spread(reading.findings),
        doubts=spread(reading.doubts),
        third_party=spread(reading.third_party),
        urgency=(),
    )


def _open_case(
    session: Session, resident: Resident, group: Sequence[Message], reading: Reading, now: datetime
) -> None:
    if reading.level == Level.NONE:
        return
    shown = [message.id for message in group if message.findings] or [group[-1].id]
    cases.open_or_raise(
        session,
        resident,
        level=reading.level,
        reason=CaseReason.SIGNALS,
        message_ids=shown,
        now=now,
    )


def _answer(arrival: Arrival, replies: Sequence[Reply]) -> None:
    merged = merge(replies)
    messages.queue_message(
        arrival.session,
        arrival.chat,
        merged.text,
        Purpose.REPLY,
        arrival.now,
        choices=merged.choices,
        reply_to=arrival.message,
    )


def _answer_safely(arrival: Arrival, resident: Resident) -> None:
    arrival.say("trouble.no_answer")
    cases.open_or_raise(
        arrival.session,
        resident,
        level=Level.NONE,
        reason=CaseReason.UNANSWERED,
        message_ids=[arrival.message.id],
        now=arrival.now,
    )
