"""Log-in to the console: attempts are counted first, a session is a row, the cookie its token.

`now` is real time here, also in the sandbox: moving the demo's clock logs nobody out.
"""

import secrets
from datetime import datetime, timedelta

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.db import keyed_hash
from bot.models import ConsoleSession, Coordinator, FailedLogin
from bot.services import audit, staff
from bot.services.audit import Actor

WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ADDRESS = 20
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
LONGEST_PASSWORD = 1000
SEEN_EVERY = timedelta(minutes=1)


def begin_attempt(
    session: Session, email: str, address: str, now: datetime
) -> tuple[FailedLogin, ...] | None:
    """Count an attempt as failed before anything is checked; None when there were too many.

    Commit this before the password is checked, so that guesses side by side are counted too.
    """
    limits = {
        keyed_hash(f"log-in:account:{staff.email_key(email)}"): FAILURES_PER_ACCOUNT,
        keyed_hash(f"log-in:address:{address}"): FAILURES_PER_ADDRESS,
    }
    counted = select(FailedLogin.key_hash, func.count()).where(
        FailedLogin.key_hash.in_(limits), FailedLogin.at > now - WINDOW
    )
    rows = session.execute(counted.group_by(FailedLogin.key_hash))
    failures = {row[0]: row[1] for row in rows}
    if any(failures.get(key, 0) >= limit for key, limit in limits.items()):
        return None
    attempt = tuple(FailedLogin(key_hash=key, at=now) for key in limits)
    session.add_all(attempt)
    session.flush()
    return attempt


def password_fits(coordinator: Coordinator | None, password: str) -> bool:
    """Whether this is the password. An unknown address costs as much time as a known one."""
    if len(password) > LONGEST_PASSWORD:
        return False
    if coordinator is None or not coordinator.active:
        staff.hasher.hash(password)
        return False
    try:
        return staff.hasher.verify(coordinator.password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def open_session(
    session: Session,
    coordinator_id: int,
    password: str,
    attempt: tuple[FailedLogin, ...],
    now: datetime,
) -> str:
    """The token of a new log-in; its attempt was no failure after all."""
    coordinator = session.get_one(Coordinator, coordinator_id)
    if staff.hasher.check_needs_rehash(coordinator.password_hash):
        coordinator.password_hash = staff.hasher.hash(password)
    mine = FailedLogin.id.in_([each.id for each in attempt])
    session.execute(delete(FailedLogin).where(mine | (FailedLogin.at < now - WINDOW)))
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at < now))
    token = secrets.token_urlsafe(32)
    session.add(
        ConsoleSession(
            token_hash=_token_hash(token),
            coordinator_id=coordinator.id,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    audit.record(session, Actor.of(coordinator), "coordinator.logged_in", coordinator, now)
    return token


def _token_hash(token: str) -> str:
    return keyed_hash(f"console:{token}")


def get_session(
    session: Session, token: str, now: datetime, *, active: bool = True
) -> ConsoleSession | None:
    """The log-in behind a token while it lasts. `active`: a person did something just now."""
    row = session.scalar(
        select(ConsoleSession).where(ConsoleSession.token_hash == _token_hash(token))
    )
    if row is None:
        return None
    if row.expires_at <= now or row.last_seen_at + IDLE <= now or not row.coordinator.active:
        return None
    if active and now - row.last_seen_at > SEEN_EVERY:
        row.last_seen_at = now
    return row


def log_out(session: Session, row: ConsoleSession, now: datetime) -> None:
    """End a log-in."""
    audit.record(session, Actor.of(row.coordinator), "coordinator.logged_out", row.coordinator, now)
    session.delete(row)


def forget(session: Session, token: str) -> None:
    """End the log-in behind a token, if there is one: a new log-in replaces it."""
    session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == _token_hash(token)))
