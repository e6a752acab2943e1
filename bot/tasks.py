"""The jobs that ask Rasa or send mail: an id in, short transactions, one service call each.

A job that raises is not tried again by the queue: whatever has to be repeated stands in a row, and
the row's own state or a tick of the scheduler takes it up.
"""

import asyncio
import logging
import smtplib
from dataclasses import dataclass
from uuid import UUID

from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from bot import clock, mail
from bot.db import persist
from bot.dialogue import Reply
from bot.errors import RasaUnavailable
from bot.queue import Job, jobs
from bot.rasa import Rasa
from bot.services import check_ins, mails, turns
from bot.services.turns import Turn
from bot.settings import Settings
from bot.trackers import Trackers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What these jobs need, made once per process."""

    sessions: sessionmaker[Session]
    settings: Settings
    rasa: Rasa
    trackers: Trackers

    @classmethod
    def of(cls, context: JobContext) -> "Tools":
        found = context.additional_context
        return cls(found["sessions"], found["settings"], found["rasa"], found["trackers"])


@jobs.task(name=Job.TAKE_TURN.value, pass_context=True)
async def take_turn(context: JobContext, message_id: int) -> None:
    """Put what a resident wrote to Rasa and queue the answer, until nothing waits."""
    tools = Tools.of(context)
    more = True
    while more and (turn := await persist(_begin, tools, message_id)):
        replies = await _ask_rasa(tools, turn)
        await persist(_conclude, tools, turn, replies)
        more = turn.more


def _begin(tools: Tools, message_id: int) -> Turn | None:
    with tools.sessions.begin() as session:
        return turns.begin(session, message_id, clock.now())


async def _ask_rasa(tools: Tools, turn: Turn) -> list[Reply]:
    """Rasa's answer; nothing when Rasa gives no usable one.

    A turn that was begun before may have been answered just before its worker died: then that
    answer is taken, for asking again would answer the next question with the same words.
    """
    try:
        if turn.begun_before:
            answered = await persist(tools.trackers.answered, turn.resident_id, turn.message_id)
            if answered is not None:
                return answered
        return await tools.rasa.take_turn(turn.resident_id, turn.text, turn.message_id)
    except RasaUnavailable as error:
        logger.warning("turn of message %d has no answer: %s", turn.message_id, error)
        return []


def _conclude(tools: Tools, turn: Turn, replies: list[Reply]) -> None:
    understood = None
    if not turn.is_payload:
        understood = tools.trackers.understood(turn.resident_id, turn.message_id)
        if understood is None:
            replies = []  # the intent may be what shows danger: without it this is no answer
    with tools.sessions.begin() as session:
        turns.conclude(session, turn, replies, understood, clock.now())


@jobs.task(name=Job.OPEN_CHECK_IN.value, pass_context=True)
async def open_check_in(context: JobContext, check_in_id: int) -> None:
    """Have Rasa open a check-in. When it cannot, the row waits for the next try (row S11)."""
    tools = Tools.of(context)
    resident_id = await asyncio.to_thread(_resident_to_ask, tools, check_in_id)
    if resident_id is None:
        return
    try:
        replies = await tools.rasa.start_check_in(resident_id)
    except RasaUnavailable as error:
        logger.warning("check-in %d not opened yet: %s", check_in_id, error)
        return
    await persist(_asked, tools, check_in_id, replies)


def _resident_to_ask(tools: Tools, check_in_id: int) -> UUID | None:
    with tools.sessions.begin() as session:
        check_in = check_ins.to_open(session, check_in_id, clock.now())
        return check_in.resident_id if check_in else None


def _asked(tools: Tools, check_in_id: int, replies: list[Reply]) -> None:
    with tools.sessions.begin() as session:
        check_ins.ask(session, check_in_id, replies, clock.now())


@jobs.task(name=Job.SEND_MAIL.value, pass_context=True)
async def send_mail(context: JobContext, mail_id: int) -> None:
    """Send one mail to a coordinator."""
    await asyncio.to_thread(_send_mail, Tools.of(context), mail_id)


def _send_mail(tools: Tools, mail_id: int) -> None:
    with tools.sessions.begin() as session:
        row = mails.claim(session, mail_id)
    if row is None:
        return
    try:
        mail.send(tools.settings, row.recipient, row.subject, row.body, f"<{mail_id}@praatje>")
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("mail %d not sent: %s", mail_id, type(error).__name__)
        with tools.sessions.begin() as session:
            mails.mark_later(session, mail_id, type(error).__name__)
        return
    with tools.sessions.begin() as session:
        mails.mark_sent(session, mail_id, clock.now())
