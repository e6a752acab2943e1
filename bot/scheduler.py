"""The ticks: a handful of intervals. What is due stands in rows; a tick only goes and looks.

With two schedulers nothing happens twice, for every row is claimed. Wall-clock times never stand
here but in `bot.recurrence`.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.services import check_ins, recovery

logger = logging.getLogger(__name__)

TICKS: dict[str, tuple[int, Callable[[Session, datetime], object]]] = {
    "check-ins that are due": (2, check_ins.claim_due),
    "check-ins that wait": (5, check_ins.take_next_steps),
    "forgotten rows": (15, recovery.defer_forgotten),
    "purge": (3600, recovery.purge),
}
"""What is looked at, every how many seconds, and the service that does it."""


def make_scheduler(sessions: sessionmaker[Session]) -> BackgroundScheduler:
    """The ticks on a thread of their own; start it, and shut it down at the end."""
    scheduler = BackgroundScheduler(
        timezone="UTC",
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    for name, (seconds, service) in TICKS.items():
        scheduler.add_job(
            tick, "interval", seconds=seconds, args=(sessions, name, service), id=name, name=name
        )
    return scheduler


def tick(
    sessions: sessionmaker[Session], name: str, service: Callable[[Session, datetime], object]
) -> None:
    """Look once, in one transaction. This is an outermost loop: it logs and goes on."""
    try:
        with sessions.begin() as session:
            service(session, clock.now())
    except Exception:
        logger.exception("tick %r failed", name)
