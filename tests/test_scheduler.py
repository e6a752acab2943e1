"""The ticks: they look, they never stop, and they know no wall-clock time."""

import logging
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot import scheduler
from bot.models import Municipality
from bot.scheduler import TICKS, make_scheduler, tick
from tests.waiting import until


def test_a_tick_that_fails_is_logged_undone_and_does_not_stop_the_next(
    sessions: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    def fails(session: Session, now: datetime) -> None:
        session.add(Municipality(name="half"))
        session.flush()
        raise RuntimeError("on purpose")

    caplog.set_level(logging.ERROR)
    tick(sessions, "a tick", fails)
    assert "a tick" in caplog.text
    tick(sessions, "another", lambda session, now: session.add(Municipality(name="whole")))
    with sessions() as session:
        assert session.scalars(select(Municipality.name)).all() == ["whole"]


def test_the_scheduler_ticks_in_intervals_only_s1(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    often = {"often": (1, lambda session, now: looked.append(now))}
    monkeypatch.setattr(scheduler, "TICKS", often)
    running = make_scheduler(sessions)
    running.start()
    until(lambda: len(looked) >= 2)
    running.shutdown()
    assert all(moment.utcoffset() is not None for moment in looked)


def test_every_tick_is_an_interval_that_does_not_pile_up(
    sessions: sessionmaker[Session],
) -> None:
    made = make_scheduler(sessions)
    made.start(paused=True)
    jobs = made.get_jobs()
    assert {job.name for job in jobs} == set(TICKS)
    for job in jobs:
        assert type(job.trigger).__name__ == "IntervalTrigger"
        assert (job.max_instances, job.coalesce, job.misfire_grace_time) == (1, True, None)
    made.shutdown()
