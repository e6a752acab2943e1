"""What happens at once when a message shows danger, or may show it: reviewed text, case, alert.

Nothing here needs Rasa, the action server or the network: rows are written, the queue does the
rest.
"""

from bot.dialogue import Choice
from bot.models import CaseReason, Purpose
from bot.services import cases, residents
from bot.services.arrival import Arrival
from bot.services.texts import render
from bot.understanding import Reading
from bot.understanding.labels import DANGER, Level, Signal

URGENCY = (Signal.MEDICAL_EMERGENCY, Signal.ABUSE, Signal.SUICIDE)
"""Which danger is answered when a message shows several: first where minutes count."""


def respond(arrival: Arrival, reading: Reading) -> bool:
    """Answer danger or doubt in a message; True when it was answered and needs no conversation.

    An `urgent` reading opens its case here too, but the conversation goes on.
    """
    if reading.level == Level.CRISIS:
        about_self = {*reading.signals, *reading.ask}
        shown = next((signal for signal in URGENCY if signal in about_self), None)
        answer(arrival, shown)
        return True
    if reading.ask:
        _ask_directly(arrival, next(signal for signal in URGENCY if signal in reading.ask))
        return True
    if reading.level == Level.URGENT:
        open_case(arrival, Level.URGENT)
    return False


def answer(arrival: Arrival, signal: Signal | None) -> None:
    """The reviewed answer to a danger, ahead of all that waits; None is danger to another."""
    arrival.message.level = Level.CRISIS
    if arrival.resident is None:
        arrival.say("crisis.stranger_note", purpose=Purpose.CRISIS)
    arrival.say(f"crisis.{signal or 'other'}", purpose=Purpose.CRISIS)
    open_case(arrival, Level.CRISIS, CaseReason.SIGNALS if signal else CaseReason.REPORT_OTHER)


def _ask_directly(arrival: Arrival, signal: Signal) -> None:
    choices = (
        Choice(render("doubt.yes"), f"danger:yes:{signal}"),
        Choice(render("doubt.no"), f"danger:no:{signal}"),
    )
    arrival.say(f"doubt.{signal}", choices, Purpose.CRISIS)
    open_case(arrival, Level.URGENT)


def take_answer(arrival: Arrival, said: str) -> None:
    """A yes or no to the direct question. A no closes nothing: a person still looks (row R3)."""
    yes_or_no, _, name = said.partition(":")
    signal = Signal(name)
    if yes_or_no == "yes" and signal in DANGER:
        answer(arrival, signal)
    else:
        arrival.say("doubt.denied", purpose=Purpose.CRISIS)


def open_case(arrival: Arrival, level: Level, reason: CaseReason = CaseReason.SIGNALS) -> None:
    """Open or raise the case of whoever wrote; a stranger gets a resident row for it."""
    person = arrival.resident or residents.stranger(arrival.session, arrival.chat, arrival.now)
    if person is not None:
        cases.open_or_raise(
            arrival.session,
            person,
            level=level,
            reason=reason,
            message_ids=[arrival.message.id],
            now=arrival.now,
        )
