"""The work queue: jobs in PostgreSQL (Procrastinate), deferred in the transaction of their row.

Anybody defers a job by its name; `bot.tasks` and `bot.telegram.delivery` say what each one does.
Three lanes keep a stuck Rasa or mail server from holding up what goes out: `send` (messages),
`turn` (what may ask Rasa) and `mail`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import DeleteJobCondition
from procrastinate.jobs import Job as Claimed
from procrastinate.manager import JobManager
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import BigInteger, ColumnElement, String, cast, column, exists, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.db import connection_string

logger = logging.getLogger(__name__)


class _Claims(JobManager):
    """Claims a job again when another worker claimed one with the same lock at the same moment.

    Procrastinate lets the second run into its unique index, which would stop the whole worker.
    """

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Claimed | None:
        while True:
            try:
                return await super().fetch_job(queues, worker_id)
            except UniqueViolation:
                logger.debug("two workers claimed jobs with one lock")


jobs = App(connector=SyncPsycopgConnector())
jobs.job_manager = _Claims(jobs.connector)
"""Where jobs register themselves; `open_worker` gives it a connection while a worker runs."""

# Never opened: jobs are deferred on the connection of the session that writes their row.
_deferring = App(connector=SyncPsycopgConnector())

_table = table("procrastinate_jobs", column("task_name"), column("status"), column("args", JSONB))

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
POLL_SECONDS = 0.5


class Lane(StrEnum):
    """A queue with workers of its own."""

    SEND = "send"
    TURN = "turn"
    MAIL = "mail"


MAILS_AT_ONCE = 2
"""A mail blocks a thread while its server is slow; the other threads are for the other lanes."""


class Job(StrEnum):
    """The jobs there are."""

    DELIVER = "deliver"
    SEND_MAIL = "send_mail"
    TAKE_TURN = "take_turn"
    OPEN_CHECK_IN = "open_check_in"

    @property
    def lane(self) -> Lane:
        lanes = {Job.DELIVER: Lane.SEND, Job.SEND_MAIL: Lane.MAIL}
        return lanes.get(self, Lane.TURN)


CRISIS, REPLY, CHECK_IN, CAMPAIGN = 100, 50, 10, 0
"""Priorities within a lane: the higher goes first."""


def defer(
    session: Session,
    job: Job,
    *,
    lock: str,
    priority: int = REPLY,
    delay: timedelta | None = None,
    **arguments: Any,
) -> None:
    """Put a job in the queue, in the session's transaction. Jobs with one lock run one by one."""
    _deferring.configure_task(
        job.value,
        queue=job.lane.value,
        lock=lock,
        priority=priority,
        schedule_in={"seconds": delay.total_seconds()} if delay else None,
        connection=session.connection().connection.driver_connection,
    ).defer(**arguments)


def has_job(job: Job, argument: str, row_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a job for a row waits or runs, as a condition on a query for rows."""
    return exists().where(
        _table.c.task_name == job.value,
        cast(_table.c.status, String).in_(("todo", "doing")),
        cast(_table.c.args[argument].astext, BigInteger) == row_id,
    )


class LaneStopped(Exception):
    """A lane ended by itself: its listener or its heartbeat lost the database."""


def _make_pool(**options: Any) -> AsyncConnectionPool:
    """Without Procrastinate's question before every statement whether the connection lives.

    That hid a restart of the database from everything but the listener, which stayed deaf. Now the
    first statement fails, `work` raises, and whoever runs it opens the worker anew.
    """
    return AsyncConnectionPool(**(options | {"check": None}))


async def _commit_each(connection: AsyncConnection[Any]) -> None:
    """Procrastinate's queries stand alone: without this each takes three round trips."""
    await connection.set_autocommit(True)


@asynccontextmanager
async def open_worker(url: str) -> AsyncIterator[App]:
    """`jobs`, able to run every job registered in it; one at a time per process."""
    connector = PsycopgConnector(
        pool_factory=_make_pool,
        conninfo=connection_string(url),
        max_size=8,
        configure=_commit_each,
    )
    with jobs.replace_connector(connector) as app:
        async with app.open_async():
            yield app


async def work(
    app: App,
    tools: dict[str, Any],
    *,
    concurrency: int,
    lanes: Sequence[Lane] = tuple(Lane),
    wait: bool = True,
) -> None:
    """Run jobs, each lane with workers of its own; until cancelled, or until none is left.

    `tools` is what every job finds in its `additional_context`. Raises when the database went away.
    """

    async def run(lane: Lane) -> None:
        await app.run_worker_async(
            queues=[lane.value],
            name=lane.value,
            concurrency=MAILS_AT_ONCE if lane is Lane.MAIL else concurrency,
            wait=wait,
            fetch_job_polling_interval=POLL_SECONDS,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            additional_context=tools,
        )
        if wait:
            raise LaneStopped(lane)

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(run(lane))


async def revive(app: App) -> int:
    """Put the jobs of workers that died back in the queue; returns how many."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    count = 0
    for job in stalled:
        logger.warning("job %s of a worker that died is taken up again", job.id)
        await app.job_manager.retry_job(job)
        count += 1
    return count
