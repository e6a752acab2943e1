"""Coordinators and helpers: made by an operator, linked to Telegram by an invitation."""

from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import keyed_hash
from bot.errors import Invalid, NotFound
from bot.models import Chat, Coordinator, Helper, HelperKind, Invitation
from bot.services import audit
from bot.services.audit import OPERATOR, Actor

hasher = PasswordHasher()
SHORTEST_PASSWORD = 12


def email_key(email: str) -> str:
    """The keyed hash by which an e-mail address is looked up, whatever its capitals."""
    return keyed_hash(f"email:{email.strip().lower()}")


def add_coordinator(
    session: Session, municipality_id: int, name: str, email: str, password: str, now: datetime
) -> Coordinator:
    """A new log-in for the console. Raises Invalid for a weak password or an address in use."""
    if "@" not in email or not name.strip():
        raise Invalid("Een coördinator heeft een naam en een e-mailadres nodig.")
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"Een wachtwoord heeft ten minste {SHORTEST_PASSWORD} tekens nodig.")
    if coordinator_by_email(session, email):
        raise Invalid("Dit e-mailadres is al in gebruik.")
    coordinator = Coordinator(
        municipality_id=municipality_id,
        name=name.strip(),
        email=email.strip(),
        email_hash=email_key(email),
        password_hash=hasher.hash(password),
        created_at=now,
    )
    session.add(coordinator)
    session.flush()
    audit.record(session, OPERATOR, "coordinator.added", coordinator, now, municipality_id)
    return coordinator


def coordinator_by_email(session: Session, email: str) -> Coordinator | None:
    """The coordinator with this address."""
    return session.scalar(select(Coordinator).where(Coordinator.email_hash == email_key(email)))


def list_coordinators(session: Session, municipality_id: int) -> list[Coordinator]:
    """Who reviews in a municipality."""
    active = select(Coordinator).where(
        Coordinator.municipality_id == municipality_id, Coordinator.active
    )
    return list(session.scalars(active.order_by(Coordinator.id)))


def add_helper(
    session: Session,
    municipality_id: int,
    name: str,
    kind: HelperKind,
    now: datetime,
    phone: str | None = None,
    actor: Actor = OPERATOR,
) -> Helper:
    """A new volunteer or professional."""
    if not name.strip():
        raise Invalid("Vul een naam in.")
    helper = Helper(
        municipality_id=municipality_id, name=name.strip(), kind=kind, phone=phone, created_at=now
    )
    session.add(helper)
    session.flush()
    audit.record(session, actor, "helper.added", helper, now, municipality_id)
    return helper


def list_helpers(session: Session, municipality_id: int) -> list[Helper]:
    """Who can be asked to help in a municipality, by name."""
    active = select(Helper).where(Helper.municipality_id == municipality_id, Helper.active)
    return sorted(session.scalars(active), key=lambda helper: helper.name.casefold())


def access_helper(session: Session, actor: Actor, helper_id: int) -> Helper:
    """The helper if active and of the actor's municipality. Raises NotFound otherwise."""
    helper = session.get(Helper, helper_id)
    if helper is None or not helper.active or helper.municipality_id != actor.municipality_id:
        raise NotFound("Deze vrijwilliger of professional is niet gevonden.")
    return helper


def by_chat(session: Session, chat: Chat) -> Helper | Coordinator | None:
    """The helper or coordinator who writes from this chat."""
    return session.scalar(
        select(Helper).where(Helper.chat_id == chat.id, Helper.active).limit(1)
    ) or session.scalar(
        select(Coordinator).where(Coordinator.chat_id == chat.id, Coordinator.active).limit(1)
    )


def link(
    session: Session, chat: Chat, invitation: Invitation, now: datetime
) -> Helper | Coordinator:
    """Tie the chat to the invited helper or coordinator."""
    person: Helper | Coordinator
    if invitation.helper_id is not None:
        person = session.get_one(Helper, invitation.helper_id)
    else:
        person = session.get_one(Coordinator, invitation.coordinator_id)
    person.chat_id = chat.id
    audit.record(session, Actor.of(person), "telegram.linked", person, now)
    return person
