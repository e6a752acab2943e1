"""Residents to measure with: enrolled through the services, with a telephone in the sandbox."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import httpx
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from bench.figures import Turn
from bench.load import Telegram
from bench.processes import BenchFailed
from bot import clock
from bot.db import keyed_hash
from bot.models import Chat, Resident, Schedule
from bot.services import messages, residents


def enrol(sessions: sessionmaker[Session], sandbox_url: str, count: int) -> list[int]:
    """So many people who take part, by their Telegram id; none is asked anything by itself."""
    with httpx.Client(base_url=f"{sandbox_url}/control", trust_env=False) as sandbox:
        answers = [
            sandbox.post("/people", json={"first_name": "Riet", "started": True})
            for _ in range(count)
        ]
    people = [int(answer.raise_for_status().json()["id"]) for answer in answers]
    with sessions.begin() as session:
        now = clock.now()
        place = residents.municipality_named(session, "Waterrijk")
        for person in people:
            resident = residents.register(
                session, place.id, f"Riet {person}", now, weekdays=range(7)
            )
            resident.chat_id = messages.chat_of(session, person, now).id
            residents.give_consent(session, resident, True, None, now)
            residents.choose_time(session, resident, (now - timedelta(hours=6)).time(), now)
    return people


async def open_check_ins(
    sessions: sessionmaker[Session], telegram: Telegram, people: Sequence[int]
) -> None:
    """Have everybody asked how they are, so that their next answers fill a form.

    Their schedules fall due and the scheduler finds them. Raises BenchFailed.
    """
    asked = [(person, telegram.expect(person)) for person in people]
    await asyncio.to_thread(_fall_due, sessions, people)
    openings = await asyncio.gather(*(telegram.heard(*each) for each in asked))
    if missing := sum(_unheard(opening) for opening in openings):
        raise BenchFailed(f"{missing} of {len(people)} check-ins were not opened")


def _unheard(opening: Turn) -> bool:
    return opening.answered_at is None


def _fall_due(sessions: sessionmaker[Session], people: Sequence[int]) -> None:
    hashes = [keyed_hash(f"telegram:{person}") for person in people]
    whose = select(Resident.id).join(Chat).where(Chat.telegram_id_hash.in_(hashes))
    with sessions.begin() as session:
        session.execute(
            update(Schedule).where(Schedule.resident_id.in_(whose)).values(next_due_at=clock.now())
        )
