"""Mail to coordinators: claimed before sending, tried again when the server was away."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import queue
from bot.models import Mail, SendState

TRIES = 8


def claim(session: Session, mail_id: int) -> Mail | None:
    """The mail if it is still to be sent.

    Found in `sending`, its worker died; it is sent again: a coordinator told twice is better than
    one who never heard, and the Message-ID stays the same.
    """
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None or mail.state not in (SendState.QUEUED, SendState.SENDING):
        return None
    mail.state = SendState.SENDING
    mail.attempts += 1
    return mail


def mark_sent(session: Session, mail_id: int, now: datetime) -> None:
    """The SMTP server took it."""
    mail = session.get_one(Mail, mail_id)
    mail.state, mail.sent_at, mail.error = SendState.SENT, now, None


def mark_later(session: Session, mail_id: int, error: str) -> None:
    """Try again, each time twice as late from 10 seconds on; give up after eight tries."""
    mail = session.get_one(Mail, mail_id, with_for_update=True)
    mail.error = error[:300]
    if mail.attempts >= TRIES:
        mail.state = SendState.FAILED
        return
    mail.state = SendState.QUEUED
    delay = timedelta(seconds=10 * 2 ** (mail.attempts - 1))
    queue.defer(
        session,
        queue.Job.SEND_MAIL,
        lock=f"mail:{mail.id}",
        priority=queue.CRISIS,
        delay=delay,
        mail_id=mail.id,
    )
