"""What comes in, first transaction: store it, answer danger, and answer or queue the rest.

Order matters and is the safety of the thing: the row first, then danger, then what works without
Rasa (commands, enrolment, buttons of ours), and only then a turn that needs Rasa.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import queue
from bot.dialogue import Choice
from bot.models import (
    Button,
    CaseReason,
    Chat,
    Helper,
    Message,
    MessageKind,
    Resident,
    ResidentStatus,
)
from bot.services import (
    cases,
    check_ins,
    danger,
    enrolment,
    handovers,
    messages,
    residents,
    staff,
)
from bot.services.arrival import TAKING_PART, Arrival
from bot.services.messages import Incoming
from bot.services.texts import spoken_date
from bot.settings import get_settings
from bot.understanding import Reading
from bot.understanding.labels import Level

PAUSE_WEEKS = (1, 2, 4)


def receive(
    session: Session, incoming: Incoming, reading: Reading, now: datetime
) -> Message | None:
    """Take in one message, edit or button press; None when it was taken in before."""
    chat = messages.chat_of(session, incoming.telegram_id, now)
    chat.blocked_at = chat.unreachable_reason = None
    message = messages.record_inbound(session, chat, incoming, reading, now)
    if message is None:
        return None
    resident = chat.resident
    if resident is not None:
        check_ins.note_sign_of_life(session, resident.id, now)
    arrival = Arrival(session, chat, resident, message, now)
    if danger.respond(arrival, reading):
        messages.settle(session, message, now)
    elif incoming.edited_at is not None or _answer(arrival, incoming):
        message.handled_at = now
    else:
        assert resident is not None
        _defer_turn(session, resident, message)
    return message


def _answer(arrival: Arrival, incoming: Incoming) -> bool:
    """True when nothing is left to do with the message; False when it needs a turn with Rasa."""
    if incoming.text.startswith("/") and incoming.kind == MessageKind.TEXT:
        _answer_command(arrival)
        return True
    if button := _button(arrival, incoming):
        return _answer_button(arrival, button)
    if incoming.kind == MessageKind.BUTTON:
        return True
    if arrival.resident is None or arrival.resident.status == ResidentStatus.STRANGER:
        _answer_stranger(arrival)
        return True
    if not arrival.takes_part:
        enrolment.remind(arrival, arrival.resident)
        return True
    if incoming.kind != MessageKind.TEXT:
        _keep_for_a_person(arrival, arrival.resident)
        return not incoming.text.strip()
    return False


def _button(arrival: Arrival, incoming: Incoming) -> Button | None:
    """The button that was pressed, or whose words were typed."""
    token = incoming.button_token
    if token is None and incoming.kind == MessageKind.TEXT:
        typed = messages.typed_button(arrival.session, arrival.chat, incoming.text)
        token = typed.token if typed else None
    return messages.press(arrival.session, arrival.chat, token, arrival.now) if token else None


def _answer_button(arrival: Arrival, button: Button) -> bool:
    arrival.message.payload = button.payload
    arrival.message.text = arrival.message.text or button.label
    family, _, said = button.payload.partition(":")
    if family == "danger":
        danger.take_answer(arrival, said)
    elif family == "handover":
        _answer_handover(arrival, said)
    elif arrival.resident is None:
        return True
    elif family == "enrol":
        enrolment.take_answer(arrival, arrival.resident, said)
    elif not arrival.takes_part:
        enrolment.remind(arrival, arrival.resident)
    elif family == "pause":
        _pause(arrival, arrival.resident, int(said))
    else:
        return False
    return True


def _answer_handover(arrival: Arrival, said: str) -> None:
    answer, _, handover_id = said.partition(":")
    person = staff.by_chat(arrival.session, arrival.chat)
    if isinstance(person, Helper):
        handovers.answer(arrival.session, person, int(handover_id), answer == "accept", arrival.now)


def _answer_stranger(arrival: Arrival) -> None:
    works_here = staff.by_chat(arrival.session, arrival.chat) is not None
    arrival.say("enrol.staff_only" if works_here else "enrol.no_link")


def _keep_for_a_person(arrival: Arrival, resident: Resident) -> None:
    """A photo, voice note, location …: acknowledged, and a person looks at it."""
    if arrival.message.kind != MessageKind.STICKER:
        cases.open_or_raise(
            arrival.session,
            resident,
            level=Level.NONE,
            reason=CaseReason.MEDIA,
            message_ids=[arrival.message.id],
            now=arrival.now,
        )
    if not arrival.message.text.strip():
        arrival.say("always.media")


def _answer_command(arrival: Arrival) -> None:
    word, _, rest = arrival.message.text.partition(" ")
    command = word[1:].partition("@")[0].lower()
    if command == "start":
        enrolment.start(arrival, rest.strip())
    elif command == "privacy":
        arrival.say("always.privacy")
    elif arrival.resident is None or arrival.resident.status == ResidentStatus.STRANGER:
        _answer_stranger(arrival)
    else:
        COMMANDS.get(command, _help)(arrival, arrival.resident)


def _help(arrival: Arrival, resident: Resident) -> None:  # noqa: ARG001  (the shape of COMMANDS)
    arrival.say("always.help")


def _stop(arrival: Arrival, resident: Resident) -> None:
    residents.stop(arrival.session, resident, arrival.now)
    arrival.say("always.stopped")


def _ask_pause(arrival: Arrival, resident: Resident) -> None:
    if resident.status not in TAKING_PART:
        enrolment.remind(arrival, resident)
        return
    choices = [
        Choice(f"{weeks} {'week' if weeks == 1 else 'weken'}", f"pause:{weeks}")
        for weeks in PAUSE_WEEKS
    ]
    arrival.say("always.pause_how_long", choices)


def _pause(arrival: Arrival, resident: Resident, weeks: int) -> None:
    until = arrival.now + timedelta(weeks=weeks)
    residents.pause(arrival.session, resident, until, "gevraagd", arrival.now)
    arrival.say("always.paused", fields={"until": spoken_date(until.date())})


def _human(arrival: Arrival, resident: Resident) -> None:
    cases.open_or_raise(
        arrival.session,
        resident,
        level=arrival.message.level,
        reason=CaseReason.ASK_HUMAN,
        message_ids=[arrival.message.id],
        now=arrival.now,
    )
    arrival.say("always.human")


COMMANDS: dict[str, Callable[[Arrival, Resident], None]] = {
    "help": _help,
    "stop": _stop,
    "pauze": _ask_pause,
    "mens": _human,
}


def _defer_turn(session: Session, resident: Resident, message: Message) -> None:
    burst = 0.0 if message.payload else get_settings().burst_seconds
    queue.defer(
        session,
        queue.Job.TAKE_TURN,
        lock=f"resident:{resident.id}",
        delay=timedelta(seconds=burst) if burst else None,
        message_id=message.id,
    )


def chat_changed(session: Session, telegram_id: int, blocked: bool, now: datetime) -> None:
    """A person blocked or unblocked the bot (rows T3, T4)."""
    chat = messages.chat_of(session, telegram_id, now)
    if blocked:
        unreachable(session, chat, "blocked", now)
    else:
        chat.blocked_at = chat.unreachable_reason = None


def unreachable(session: Session, chat: Chat, reason: str, now: datetime) -> None:
    """A chat takes nothing any more: stop asking, and have a person look when it was a resident.

    It may be a new telephone, a wish to stop, a cry or a death.
    """
    if chat.blocked_at is not None:
        return
    chat.blocked_at, chat.unreachable_reason = now, reason
    resident = residents.by_chat(session, chat.id)
    if resident is None or resident.status not in TAKING_PART:
        return
    recent = messages.latest_inbound(session, chat, 3)
    cases.open_or_raise(
        session,
        resident,
        level=Level.NONE,
        reason=CaseReason.BLOCKED,
        message_ids=[message.id for message in recent],
        now=now,
    )
