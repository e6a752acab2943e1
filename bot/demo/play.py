"""Plays the past of the demo: everything through the services, in the order of time.

What a resident wrote goes the way of a real message, so that findings, cases, alerts and the audit
trail are those that Praatje makes. Only what Rasa and Telegram did is filled in here. It is one
transaction: a demo is filled to the end or not at all, and nothing in it is ever sent.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.demo.cast import Aide, Cast
from bot.demo.part import NOTICE, Act, Part
from bot.demo.stage import Stage
from bot.demo.timeline import check_in_moments, enrolment_moment
from bot.models import (
    Helper,
    Municipality,
    Schedule,
)
from bot.recurrence import next_moment
from bot.services import (
    residents,
    staff,
)
from bot.services.audit import Actor

FIRST_DUE = timedelta(minutes=10)
"""How long after the first start the tour's first check-in is due."""


def is_played(session: Session, cast: Cast) -> bool:
    """Whether the cast is in the database already."""
    named = select(Municipality.id).where(Municipality.name == cast.municipality)
    return session.scalar(named) is not None


def play(session: Session, cast: Cast, now: datetime) -> None:
    """Fill an empty database with all that happened until `now`."""
    acts: list[tuple[datetime, Act]] = []
    stage = _set_stage(session, cast, _begin(cast, now))
    for player in cast.residents:
        acts += Part(stage, player, now).acts()
    for moment, act in sorted(acts, key=lambda timed: timed[0]):
        if moment >= now:
            continue
        act(moment)
        session.flush()
        stage.deliver(moment)
    _rest(session, cast, now)


def _begin(cast: Cast, now: datetime) -> datetime:
    """Some days before the first resident was registered."""
    enrolled = [
        enrolment_moment(player, check_in_moments(player, now), now) for player in cast.residents
    ]
    return min(enrolled) - NOTICE - timedelta(days=4)


def _set_stage(session: Session, cast: Cast, now: datetime) -> Stage:
    place = residents.municipality_named(session, cast.municipality)
    coordinator = staff.add_coordinator(
        session, place.id, cast.coordinator, cast.email, cast.password, now
    )
    stage = Stage(session, coordinator)
    stage.link(coordinator, cast.coordinator_telegram_id, now)
    for aide in cast.helpers:
        stage.helpers[aide.name] = _add_helper(stage, aide, now)
    stage.deliver(now)
    return stage


def _add_helper(stage: Stage, aide: Aide, now: datetime) -> Helper:
    helper = staff.add_helper(
        stage.session,
        stage.coordinator.municipality_id,
        aide.name,
        aide.kind,
        now,
        phone=aide.phone,
        actor=Actor.of(stage.coordinator),
    )
    if aide.linked:
        stage.link(helper, aide.telegram_id, now)
    else:
        residents.invite(stage.session, helper, now)
    return helper


def _rest(session: Session, cast: Cast, now: datetime) -> None:
    """The present: nothing of the past is left to do, and the next check-ins lie ahead."""
    first = {player.name for player in cast.residents if player.first}
    for schedule in session.scalars(select(Schedule).where(Schedule.next_due_at.is_not(None))):
        if schedule.resident.name in first:
            schedule.next_due_at = now.replace(second=0, microsecond=0) + FIRST_DUE
        elif schedule.next_due_at is not None and schedule.next_due_at <= now + FIRST_DUE:
            schedule.next_due_at = next_moment(
                now + FIRST_DUE, schedule.weekdays, schedule.at_time, schedule.time_zone
            )
    session.execute(text("DELETE FROM procrastinate_jobs"))
