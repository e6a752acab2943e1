"""The tour that the demo prints: addresses, the log-in, and what to try, for who is there now."""

import textwrap
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.demo.cast import Cast, Player
from bot.demo.place import Place
from bot.demo.timeline import ZONE
from bot.errors import ConfigurationError
from bot.models import Resident, ResidentStatus, Schedule
from bot.services import residents, review
from bot.services.texts import spoken_moment

LONELY = "ik zie dagen niemand, dat valt me zwaar"
CRISIS = "ik wil niet meer leven"

TEXT = """
Praatje runs, with made-up people, on this machine only. Ctrl-C stops it; what you do is kept.
Something went wrong, or enough seen? `praatje demo --fresh` starts anew.

  Telephones   {sandbox}/    everybody's Telegram, side by side
  Console      {console}/    for the coordinator of {municipality}
  Log in with  {email}   password: {password}

A tour in five minutes. Praatje speaks Dutch; what to type stands here.

  1. Chat. Open {who}'s telephone: {phone}
     Press "Naar de volgende check-in" at the top. Time moves to {due}
     and Praatje asks {who} how things are. Answer: {lonely}
  2. See it come up. Log in to the console: {why} by itself,
     with the words that it rests on. Open it and read the conversation.
  3. Hand it over. Under the case choose {helper} and press "Vraag deze helper".
     Open {helper}'s telephone ({helper_phone}) and press "Ja, ik pak het op".
     {who} hears on the telephone that {helper} will be in touch.
  4. Danger goes another way. As {who} write: {crisis}
     The answer has the numbers to call and needs no dialogue engine; the case turns to crisis.
     {coordinator}'s telephone shows the alert: {coordinator_phone}
  5. {enrol}
"""


@dataclass(frozen=True, slots=True)
class _Next:
    """Who is asked next, and whether a case of theirs stands open already."""

    name: str
    telegram_id: int
    due_at: datetime
    has_case: bool


def write(session: Session, cast: Cast, place: Place, now: datetime) -> str:
    """The text to print. Makes a new link for whoever is not enrolled yet."""
    by_name = {player.name: player for player in cast.residents}
    chosen = _next(session, by_name)
    helper = next(aide for aide in cast.helpers if aide.linked)
    fields = {
        "sandbox": place.sandbox_url,
        "console": place.console_url,
        "municipality": cast.municipality,
        "email": cast.email,
        "password": cast.password,
        "who": chosen.name,
        "phone": _phone(place, chosen.telegram_id),
        "due": spoken_moment(chosen.due_at, ZONE),
        "lonely": LONELY,
        "why": "the open case gets a new reason" if chosen.has_case else "a new case appears",
        "helper": helper.name,
        "helper_phone": _phone(place, helper.telegram_id),
        "crisis": CRISIS,
        "coordinator": cast.coordinator,
        "coordinator_phone": _phone(place, cast.coordinator_telegram_id),
        "enrol": _enrolment(session, cast.fresh, place, now),
    }
    return textwrap.dedent(TEXT).format(**fields)


def _phone(place: Place, telegram_id: int) -> str:
    return f"{place.sandbox_url}/?person={telegram_id}"


def _next(session: Session, by_name: dict[str, Player]) -> _Next:
    """Of those who are asked first, somebody without an open case if there is one."""
    asked = session.execute(
        select(Resident, Schedule.next_due_at)
        .join(Schedule, Schedule.resident_id == Resident.id)
        .where(Resident.status == ResidentStatus.ACTIVE, Schedule.next_due_at.is_not(None))
    )
    found = [
        _Next(
            resident.name, by_name[resident.name].telegram_id, due_at, _has_case(session, resident)
        )
        for resident, due_at in asked
        if due_at is not None and resident.name in by_name and _is_reachable(resident)
    ]
    if not found:
        raise ConfigurationError(
            "Nobody in the demo is asked anything any more. `praatje demo --fresh` starts anew."
        )
    return min(found, key=lambda each: (each.due_at, each.has_case, each.telegram_id))


def _is_reachable(resident: Resident) -> bool:
    return resident.chat is not None and resident.chat.blocked_at is None


def _has_case(session: Session, resident: Resident) -> bool:
    return review.open_case_of(session, resident) is not None


def _enrolment(session: Session, player: Player, place: Place, now: datetime) -> str:
    """How to enrol somebody, with a link that works once; or that it was done before."""
    invited = session.scalars(select(Resident).where(Resident.status == ResidentStatus.INVITED))
    for resident in invited:
        if resident.name == player.name:
            token = residents.invite(session, resident, now)
            link = f"{_phone(place, player.telegram_id)}&start={token}"
            return f"Enrol somebody. {player.name} got this link, which works once:\n     {link}"
    return f"Enrol somebody: add a resident in the console ({player.name} takes part already)."
