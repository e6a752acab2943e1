"""From a link to a first check-in: what Praatje is, consent, a time; and coming back."""

from datetime import time
from zoneinfo import ZoneInfo

from bot.dialogue import Choice
from bot.models import Invitation, Resident, ResidentStatus, Schedule
from bot.services import residents, staff
from bot.services.arrival import Arrival
from bot.services.texts import render, spoken_date, spoken_days

TIMES = ("09:00", "10:00", "14:00", "19:00")


def start(arrival: Arrival, token: str) -> None:
    """Answer `/start`, with or without the token of an invitation."""
    resident = arrival.resident
    if resident is not None and resident.status != ResidentStatus.STRANGER:
        _start_again(arrival, resident)
        return
    if not token:
        arrival.say("enrol.no_link")
        return
    invitation = residents.use_invitation(arrival.session, arrival.chat, token, arrival.now)
    if invitation is None:
        arrival.say("enrol.link_used")
    elif invitation.resident_id is not None:
        _welcome(arrival, invitation)
    else:
        person = staff.link(arrival.session, arrival.chat, invitation, arrival.now)
        linked = "enrol.helper_linked" if invitation.helper_id else "enrol.coordinator_linked"
        arrival.say(linked, fields={"name": person.name})


def _welcome(arrival: Arrival, invitation: Invitation) -> None:
    if arrival.resident is not None:  # a stranger until now: the chat goes to the invited resident
        arrival.resident.chat_id = None
        arrival.session.flush()
    invited = residents.open_invitation(arrival.session, arrival.chat, invitation, arrival.now)
    _ask_consent(Arrival(arrival.session, arrival.chat, invited, arrival.message, arrival.now))


def _start_again(arrival: Arrival, resident: Resident) -> None:
    match resident.status:
        case ResidentStatus.REFUSED | ResidentStatus.OPENED:
            _ask_consent(arrival)
        case ResidentStatus.STOPPED if not residents.has_consent(arrival.session, resident):
            _ask_consent(arrival)
        case ResidentStatus.STOPPED | ResidentStatus.PAUSED:
            schedule = residents.resume(arrival.session, resident, arrival.now)
            arrival.say("always.welcome_back", fields=_when(schedule))
        case _:
            arrival.say("enrol.already")


def _ask_consent(arrival: Arrival) -> None:
    assert arrival.resident is not None
    choices = (
        Choice(render("enrol.yes"), "enrol:yes"),
        Choice(render("enrol.no"), "enrol:no"),
    )
    municipality = arrival.resident.municipality.name
    arrival.say("enrol.welcome", choices, fields={"municipality": municipality})


def take_answer(arrival: Arrival, resident: Resident, said: str) -> None:
    """A pressed button of the enrolment: `yes`, `no`, or `time:HH:MM`."""
    step, _, value = said.partition(":")
    may_choose = resident.status in (ResidentStatus.OPENED, ResidentStatus.ACTIVE)
    if step == "time" and not (may_choose and residents.has_consent(arrival.session, resident)):
        remind(arrival, resident)
        return
    if step == "yes" and arrival.takes_part:
        arrival.say("enrol.already")
        return
    if step == "time":
        schedule = residents.choose_time(
            arrival.session, resident, time.fromisoformat(value), arrival.now
        )
        arrival.say("enrol.confirmed", fields=_when(schedule))
        return
    given = step == "yes"
    residents.give_consent(arrival.session, resident, given, arrival.message, arrival.now)
    if given:
        days = spoken_days(resident.schedule.weekdays)
        choices = [Choice(f"{clock} uur", f"enrol:time:{clock}") for clock in TIMES]
        arrival.say("enrol.choose_time", choices, fields={"days": days})
    else:
        arrival.say("enrol.refused")


def remind(arrival: Arrival, resident: Resident) -> None:
    """Answer something written by a resident who is not, or no longer, taking part."""
    match resident.status:
        case ResidentStatus.STOPPED:
            arrival.say("always.stopped_before")
        case ResidentStatus.REFUSED:
            arrival.say("enrol.refused")
        case _ if residents.has_consent(arrival.session, resident):
            arrival.say("enrol.time_first")
        case _:
            arrival.say("enrol.consent_first")


def _when(schedule: Schedule) -> dict[str, str]:
    assert schedule.next_due_at is not None
    first = schedule.next_due_at.astimezone(ZoneInfo(schedule.time_zone))
    return {
        "days": spoken_days(schedule.weekdays),
        "time": f"{schedule.at_time:%H:%M} uur",
        "first": spoken_date(first.date()),
    }
