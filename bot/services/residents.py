"""Residents: invited, enrolled with consent, paused, stopped; and who may see them."""

import secrets
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import keyed_hash
from bot.errors import Invalid, NotFound
from bot.models import (
    AddressForm,
    Chat,
    Consent,
    Coordinator,
    Helper,
    Invitation,
    Message,
    Municipality,
    Resident,
    ResidentStatus,
    Schedule,
)
from bot.recurrence import next_moment
from bot.services import audit
from bot.services.audit import OPERATOR, SYSTEM, Actor

CONSENT_VERSION = "2026-11"
INVITATION_DAYS = 30
DEFAULT_WEEKDAYS = (0, 2, 4)


def get_resident(session: Session, resident_id: UUID) -> Resident | None:
    """The resident with this id, whoever asks; for Praatje itself, not for people."""
    return session.get(Resident, resident_id)


def access_resident(session: Session, actor: Actor, resident_id: UUID) -> Resident:
    """The resident if the actor's municipality is theirs. Raises NotFound otherwise."""
    resident = session.get(Resident, resident_id)
    if resident is None or resident.municipality_id != actor.municipality_id:
        raise NotFound("Deze bewoner is niet gevonden.")
    return resident


def by_chat(session: Session, chat_id: int) -> Resident | None:
    """The resident who writes from this chat."""
    return session.scalar(select(Resident).where(Resident.chat_id == chat_id))


def municipality_named(session: Session, name: str) -> Municipality:
    """The municipality with this name, made when new."""
    known = session.scalar(select(Municipality).where(Municipality.name == name))
    if known is None:
        known = Municipality(name=name)
        session.add(known)
        session.flush()
    return known


def register(
    session: Session,
    municipality_id: int,
    name: str,
    now: datetime,
    *,
    address_form: AddressForm = AddressForm.U,
    phone: str | None = None,
    weekdays: Sequence[int] = DEFAULT_WEEKDAYS,
    actor: Actor = OPERATOR,
) -> Resident:
    """Write down a resident with the days on which they are to be asked. Raises Invalid."""
    if not name.strip():
        raise Invalid("Vul een naam in.")
    resident = Resident(
        municipality_id=municipality_id,
        name=name.strip(),
        phone=phone,
        address_form=address_form,
        created_at=now,
    )
    session.add(resident)
    session.flush()
    session.add(Schedule(resident_id=resident.id, weekdays=sorted(set(weekdays)), at_time=time(10)))
    audit.record(session, actor, "resident.registered", resident, now, municipality_id)
    return resident


def invite(
    session: Session,
    person: Resident | Helper | Coordinator,
    now: datetime,
    actor: Actor = OPERATOR,
) -> str:
    """A new single-use token for `t.me/<bot>?start=<token>`; only its keyed hash is kept."""
    token = secrets.token_urlsafe(18)
    invitation = Invitation(
        token_hash=keyed_hash(f"invitation:{token}"),
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    match person:
        case Resident():
            invitation.resident_id = person.id
        case Helper():
            invitation.helper_id = person.id
        case Coordinator():
            invitation.coordinator_id = person.id
    session.add(invitation)
    audit.record(session, actor, "invitation.made", person, now, person.municipality_id)
    return token


def use_invitation(session: Session, chat: Chat, token: str, now: datetime) -> Invitation | None:
    """The invitation behind a token, once and in time; None for any other token."""
    invitation_id = session.scalar(
        update(Invitation)
        .where(
            Invitation.token_hash == keyed_hash(f"invitation:{token}"),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(used_at=now, used_by_chat_id=chat.id)
        .returning(Invitation.id)
    )
    return session.get(Invitation, invitation_id) if invitation_id else None


def open_invitation(
    session: Session, chat: Chat, invitation: Invitation, now: datetime
) -> Resident:
    """Tie the chat to the invited resident, who is now asked for consent."""
    resident = session.get_one(Resident, invitation.resident_id)
    resident.chat_id = chat.id
    resident.status = ResidentStatus.OPENED
    resident.opened_at = now
    audit.record(session, Actor.of(resident), "resident.opened", resident, now)
    return resident


def give_consent(
    session: Session, resident: Resident, given: bool, message: Message | None, now: datetime
) -> None:
    """Write down a yes or no with its version, time and source message."""
    session.add(
        Consent(
            resident_id=resident.id,
            kind="check_ins",
            version=CONSENT_VERSION,
            given=given,
            at=now,
            message_id=message.id if message else None,
        )
    )
    resident.status = ResidentStatus.OPENED if given else ResidentStatus.REFUSED
    audit.record(
        session, Actor.of(resident), "consent.given" if given else "consent.refused", resident, now
    )


def has_consent(session: Session, resident: Resident) -> bool:
    """Whether the last answer to the question for consent was yes."""
    last = session.scalar(
        select(Consent)
        .where(Consent.resident_id == resident.id)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return last is not None and last.given


def choose_time(session: Session, resident: Resident, at_time: time, now: datetime) -> Schedule:
    """Set the wall-clock time of the check-ins and start them."""
    schedule = resident.schedule
    schedule.at_time = at_time
    resident.status = ResidentStatus.ACTIVE
    _restart(schedule, now)
    audit.record(
        session, Actor.of(resident), "schedule.changed", resident, now, at_time=f"{at_time:%H:%M}"
    )
    return schedule


def _restart(schedule: Schedule, after: datetime) -> None:
    schedule.next_due_at = next_moment(
        after, schedule.weekdays, schedule.at_time, schedule.time_zone
    )


def pause(
    session: Session, resident: Resident, until: datetime, reason: str, now: datetime
) -> None:
    """Ask nothing until a moment; the first check-in is the first one after it."""
    if until <= now:
        raise Invalid("Het einde van de pauze moet later zijn dan nu.")
    resident.status = ResidentStatus.PAUSED
    resident.paused_until = until
    resident.pause_reason = reason[:200] or None
    _restart(resident.schedule, until)
    audit.record(
        session, Actor.of(resident), "resident.paused", resident, now, until=until.isoformat()
    )


def stop(session: Session, resident: Resident, now: datetime) -> None:
    """Ask nothing any more, until the resident says otherwise."""
    resident.status = ResidentStatus.STOPPED
    resident.paused_until = None
    if resident.chat_id is not None:
        resident.schedule.next_due_at = None
    audit.record(session, Actor.of(resident), "resident.stopped", resident, now)


def resume(session: Session, resident: Resident, now: datetime, actor: Actor = SYSTEM) -> Schedule:
    """Ask again, from the next scheduled moment on."""
    resident.status = ResidentStatus.ACTIVE
    resident.paused_until = resident.pause_reason = None
    schedule = resident.schedule
    _restart(schedule, now)
    audit.record(session, actor, "resident.resumed", resident, now)
    return schedule


def stranger(session: Session, chat: Chat, now: datetime) -> Resident | None:
    """A resident row for somebody unknown who is in danger, so that a person can be told.

    None when there is no municipality yet, or more than one: nobody can tell whose stranger it is.
    """
    municipalities = session.scalars(select(Municipality).limit(2)).all()
    if len(municipalities) != 1:
        return None
    resident = register(
        session, municipalities[0].id, "Onbekend (niet aangemeld)", now, actor=SYSTEM
    )
    resident.chat_id = chat.id
    resident.status = ResidentStatus.STRANGER
    return resident
