"""The queue: what goes first, what waits for what, and what becomes of the jobs of the dead."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from bot import queue
from bot.queue import Job, Lane
from tests.running import Running
from tests.waiting import until

Seen = list[int]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What the jobs saw, in order; each job of the project does nothing but write down its id."""
    done: Seen = []

    def write_down(argument: str) -> Callable[..., Awaitable[None]]:
        async def run(context: Any, **arguments: Any) -> None:
            if arguments[argument] < 0:
                raise RuntimeError("on purpose")
            done.append(arguments[argument])
            await asyncio.sleep(context.additional_context.get("seconds", 0))

        return run

    for job, argument in {
        Job.DELIVER: "message_id",
        Job.TAKE_TURN: "message_id",
        Job.SEND_MAIL: "mail_id",
        Job.OPEN_CHECK_IN: "check_in_id",
    }.items():
        monkeypatch.setattr(queue.jobs.tasks[job.value], "func", write_down(argument))
    return done


def defer(sessions: sessionmaker[Session], number: int, **options: Any) -> None:
    """A job that delivers; its lock is its own unless said."""
    with sessions.begin() as session:
        queue.defer(
            session,
            **{
                "job": Job.DELIVER,
                "lock": f"chat:{number}",
                **({} if "job" in options else {"message_id": number}),
                **options,
            },
        )


def run_all(db_url: str, **options: Any) -> None:
    """Run jobs until none can be run now."""

    async def run() -> None:
        async with queue.open_worker(db_url) as app:
            await queue.work(
                app, options.pop("tools", {}), wait=False, **{"concurrency": 1, **options}
            )

    asyncio.run(run())


def waiting(sessions: sessionmaker[Session]) -> list[tuple[str, str]]:
    with sessions() as session:
        found = session.execute(text("SELECT task_name, status FROM procrastinate_jobs"))
        return [(name, status) for name, status in found]


def test_a_job_lives_or_dies_with_its_transaction(
    sessions: sessionmaker[Session], db_url: str, seen: Seen
) -> None:
    with sessions() as session:
        queue.defer(session, Job.DELIVER, lock="chat:1", message_id=1)
        session.rollback()
    assert waiting(sessions) == []
    with sessions() as session:
        queue.defer(session, Job.DELIVER, lock="chat:1", message_id=2)
        assert waiting(sessions) == []  # not before the commit
        session.commit()
    run_all(db_url)
    assert seen == [2]
    assert waiting(sessions) == []  # what succeeded leaves nothing behind


def test_crisis_first_then_replies_then_check_ins_then_campaigns(
    sessions: sessionmaker[Session], db_url: str, seen: Seen
) -> None:
    order = [queue.CAMPAIGN, queue.CHECK_IN, queue.REPLY, queue.CRISIS]
    for number, priority in enumerate(order * 2):
        defer(sessions, number, priority=priority)
    run_all(db_url)
    assert [order[number % 4] for number in seen] == sorted(order * 2, reverse=True)
    assert seen == [3, 7, 2, 6, 1, 5, 0, 4]


def test_one_lock_is_one_at_a_time_in_order_also_with_a_delay(
    sessions: sessionmaker[Session], db_url: str, seen: Seen
) -> None:
    """What waits for its time holds back what was queued behind it, but not what is urgent."""
    defer(sessions, 1, lock="chat:1", delay=timedelta(minutes=5))
    defer(sessions, 2, lock="chat:1")
    defer(sessions, 3, lock="chat:1", priority=queue.CRISIS)
    defer(sessions, 4, lock="chat:2")
    run_all(db_url)
    assert seen == [3, 4]
    with sessions.begin() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    run_all(db_url)
    assert seen == [3, 4, 1, 2]


def test_a_job_that_fails_stops_no_other_and_is_not_run_again(
    sessions: sessionmaker[Session], db_url: str, seen: Seen
) -> None:
    defer(sessions, -1, lock="chat:1")
    defer(sessions, 2, lock="chat:1")
    run_all(db_url)
    run_all(db_url)
    assert seen == [2]
    assert waiting(sessions) == [("deliver", "failed")]


def test_every_job_has_a_lane_and_a_lane_runs_only_its_own(
    sessions: sessionmaker[Session], db_url: str, seen: Seen
) -> None:
    defer(sessions, 1)
    defer(sessions, 2, job=Job.TAKE_TURN, message_id=2)
    defer(sessions, 3, job=Job.SEND_MAIL, mail_id=3)
    defer(sessions, 4, job=Job.OPEN_CHECK_IN, check_in_id=4)
    for lane, expected in ((Lane.SEND, [1]), (Lane.MAIL, [3]), (Lane.TURN, [2, 4])):
        seen.clear()
        run_all(db_url, lanes=[lane])
        assert seen == expected
    assert set(queue.jobs.tasks) >= {job.value for job in Job}


def test_a_full_lane_holds_up_no_other(
    sessions: sessionmaker[Session], db_url: str, seen: Seen, running: Running
) -> None:
    for number in range(6):
        defer(sessions, number, job=Job.TAKE_TURN, message_id=number)

    async def run() -> None:
        async with queue.open_worker(db_url) as app:
            await queue.work(app, {"seconds": 0.5}, concurrency=2)

    running.begin(run())
    until(lambda: len(seen) == 2)
    defer(sessions, 100)
    until(lambda: 100 in seen, seconds=2)
    assert len(seen) <= 5


def test_a_job_of_a_worker_that_died_is_taken_up_again_and_of_a_living_one_is_not(
    sessions: sessionmaker[Session], db_url: str, seen: Seen
) -> None:
    for number in (1, 2, 3):
        defer(sessions, number)
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES "
                "(now() - interval '1 minute'), (now())"
            )
        )
        for place, owner in ((0, 0), (1, 1), (2, None)):
            session.execute(
                text(
                    "UPDATE procrastinate_jobs SET status = 'doing', worker_id = "
                    "(SELECT id FROM procrastinate_workers ORDER BY id LIMIT 1 OFFSET :owner) "
                    "WHERE id = (SELECT id FROM procrastinate_jobs ORDER BY id LIMIT 1 OFFSET :n)"
                    if owner is not None
                    else "UPDATE procrastinate_jobs SET status = 'doing' "
                    "WHERE id = (SELECT id FROM procrastinate_jobs ORDER BY id LIMIT 1 OFFSET :n)"
                ),
                {"n": place, **({} if owner is None else {"owner": owner})},
            )

    async def revive() -> int:
        async with queue.open_worker(db_url) as app:
            return await queue.revive(app)

    assert asyncio.run(revive()) == 2
    run_all(db_url)
    assert sorted(seen) == [1, 3]
    assert waiting(sessions) == [("deliver", "doing")]


def test_two_workers_that_claim_one_lock_at_once_do_not_stop_o7(
    sessions: sessionmaker[Session], db_url: str, seen: Seen, running: Running
) -> None:
    """An urgent job comes in while another worker is just claiming a job with the same lock."""
    defer(sessions, 1, lock="chat:1")
    with sessions() as other:
        other.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        defer(sessions, 2, lock="chat:1", priority=queue.CRISIS)
        defer(sessions, 3, lock="chat:3")

        async def run() -> None:
            async with queue.open_worker(db_url) as app:
                await queue.work(app, {}, concurrency=2)

        working = running.begin(run())
        until(lambda: _somebody_waits_for_a_lock(sessions))
        other.commit()
    until(lambda: seen == [3])
    assert not working.done()


def _somebody_waits_for_a_lock(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        waits = "cardinality(pg_blocking_pids(pid)) > 0"
        return bool(session.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {waits}")))
