"""Check-ins: claimed once, asked in time or not at all, answered, missed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from bot.dialogue import Choice, Reply
from bot.models import (
    AuditEntry,
    Case,
    CheckIn,
    Message,
    MessageKind,
    Purpose,
    Resident,
    ResidentStatus,
    Schedule,
    SendState,
)
from bot.services import check_ins, messages, residents
from tests.people import People
from tests.telling import Teller

RIET = 11
OPENING = [Reply("Goedemorgen."), Reply("Hoe gaat het?", (Choice("Goed", "/mood_good"),))]
DUE = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""Ten o'clock the next morning."""


class Day:
    """The scheduler and a worker, one look at a time."""

    def __init__(self, sessions: sessionmaker[Session], resident_id: UUID) -> None:
        self.sessions = sessions
        self.resident_id = resident_id

    def claim(self, now: datetime) -> int:
        with self.sessions.begin() as session:
            return check_ins.claim_due(session, now)

    def look(self, now: datetime) -> int:
        with self.sessions.begin() as session:
            return check_ins.take_next_steps(session, now)

    def ask(self, now: datetime) -> Message | None:
        """What the job does once Rasa answered."""
        with self.sessions.begin() as session:
            check_in = check_ins.to_open(session, self.all()[-1].id, now)
            return check_ins.ask(session, check_in.id, OPENING, now) if check_in else None

    def arrive(self) -> None:
        """Telegram takes everything that was queued."""
        with self.sessions.begin() as session:
            session.execute(
                update(Message)
                .where(Message.purpose == Purpose.CHECK_IN)
                .values(send_state=SendState.SENT)
            )

    def all(self) -> list[CheckIn]:
        with self.sessions() as session:
            mine = select(CheckIn).where(CheckIn.resident_id == self.resident_id)
            return list(session.scalars(mine.order_by(CheckIn.id)))

    def states(self) -> list[str]:
        return [check_in.state.value for check_in in self.all()]


@pytest.fixture
def day(sessions: sessionmaker[Session], people: People, now: datetime) -> Day:
    return Day(sessions, people.resident(RIET, now=now).id)


@pytest.fixture
def riet(sessions: sessionmaker[Session], day: Day) -> Teller:
    return Teller(sessions, RIET, DUE + timedelta(minutes=5))


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def test_a_schedule_is_a_row_that_is_claimed_once_and_moves_on_s1(
    day: Day, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session:
        assert session.scalars(select(Schedule.next_due_at)).one() == DUE
    assert day.claim(DUE - timedelta(seconds=1)) == 0
    assert day.claim(DUE) == 1
    assert day.claim(DUE + minutes(1)) == 0
    assert [check_in.due_at for check_in in day.all()] == [DUE]
    with sessions() as session:
        assert session.scalars(select(Schedule.next_due_at)).one() == DUE + timedelta(days=1)
        job = session.execute(text("SELECT task_name, args, lock FROM procrastinate_jobs")).one()
        assert job.task_name == "open_check_in"
        assert job.lock == f"resident:{day.resident_id}"


def test_a_claim_that_is_rolled_back_leaves_no_job_and_is_due_again_s1(
    day: Day, sessions: sessionmaker[Session]
) -> None:
    """A scheduler that is killed between claiming and committing has claimed nothing."""
    with sessions() as session:
        assert check_ins.claim_due(session, DUE) == 1
        session.rollback()
    assert day.claim(DUE + minutes(2)) == 1
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


def test_eight_schedulers_and_a_thousand_due_make_a_thousand_check_ins_s12(
    sessions: sessionmaker[Session], people: People, now: datetime
) -> None:
    with sessions.begin() as session:
        municipality = residents.municipality_named(session, "Waterrijk")
        made = [
            Resident(
                municipality_id=municipality.id,
                name=f"Bewoner {number}",
                status=ResidentStatus.ACTIVE,
                created_at=now,
            )
            for number in range(1000)
        ]
        session.add_all(made)
        session.flush()
        session.add_all(
            Schedule(resident_id=each.id, weekdays=[1, 2], at_time=time(10), next_due_at=DUE)
            for each in made
        )

    def claim_until_none_is_left(_: int) -> int:
        claimed = 0
        while True:
            with sessions.begin() as session:
                found = check_ins.claim_due(session, DUE)
            if not found:
                return claimed
            claimed += found

    with ThreadPoolExecutor(8) as pool:
        claimed = sum(pool.map(claim_until_none_is_left, range(8)))
    assert claimed == 1000
    with sessions() as session:
        per_resident = select(func.count()).select_from(CheckIn).group_by(CheckIn.resident_id)
        assert Counter(session.scalars(per_resident)) == {1: 1000}
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1000


def test_asking_happens_once_however_often_the_job_runs(day: Day) -> None:
    day.claim(DUE)
    asked = day.ask(DUE + minutes(1))
    assert asked is not None
    assert asked.text == "Goedemorgen.\n\nHoe gaat het?"
    assert [button.label for button in asked.buttons] == ["Goed"]
    assert day.ask(DUE + minutes(2)) is None
    assert day.states() == ["sent"]


def test_an_opening_that_fails_is_tried_again_until_it_is_too_late_s11(
    day: Day, sessions: sessionmaker[Session]
) -> None:
    """Four hours of trouble over ten o'clock: not asked, never missed, and nobody is alarmed."""
    day.claim(DUE)
    tries = 0
    moment = DUE
    while day.states() == ["due"]:
        moment += minutes(1)
        tries += day.look(moment)
    assert day.states() == ["not_asked"]
    assert day.all()[0].state_reason == "storing"
    assert minutes(180) < moment - DUE < minutes(185)
    assert tries > 60
    assert day.ask(moment) is None
    day.look(DUE + timedelta(hours=12))
    assert day.states() == ["not_asked"]
    with sessions() as session:
        assert session.scalars(select(Case)).all() == []


@pytest.mark.parametrize("hours", [4, 30])
def test_after_an_outage_of_everything_nobody_has_missed_anything_s11(
    day: Day, sessions: sessionmaker[Session], hours: int
) -> None:
    """One check-in for all that the outage skipped, and it is not asked hours late."""
    back = DUE + timedelta(hours=hours)
    assert day.claim(back) == 1
    assert day.claim(back) == 0
    assert day.ask(back) is None
    assert day.states() == ["not_asked"]
    with sessions() as session:
        assert session.scalars(select(Schedule.next_due_at)).one() > back
        assert session.scalars(select(Case)).all() == []


def test_an_opening_that_never_reached_telegram_is_not_missed_s11(day: Day) -> None:
    day.claim(DUE)
    day.ask(DUE)
    day.look(DUE + timedelta(hours=9))
    assert day.states() == ["not_asked"]


def test_silence_after_the_question_is_missed_after_eight_hours(day: Day) -> None:
    day.claim(DUE)
    day.ask(DUE)
    day.arrive()
    day.look(DUE + minutes(479))
    assert day.states() == ["sent"]
    day.look(DUE + minutes(480))
    assert day.states() == ["missed"]
    assert day.all()[0].state_reason == "geen antwoord"
    assert day.all()[0].closed_at == DUE + minutes(480)


@pytest.mark.parametrize(
    "sign",
    [
        {"text": "best hoor"},
        {"kind": MessageKind.VOICE, "file_id": "v"},
        {"kind": MessageKind.STICKER, "file_id": "s"},
        {"text": "best", "edited_at": DUE},
        {"text": "/help"},
        {"text": "ik wil niet meer leven"},
    ],
    ids=str,
)
def test_any_message_is_a_sign_of_life_s7(day: Day, riet: Teller, sign: dict[str, object]) -> None:
    day.claim(DUE)
    day.ask(DUE)
    riet.says(**sign)
    assert day.states() == ["answered"]
    assert day.all()[0].answered_at == riet.now
    day.look(DUE + timedelta(hours=9))
    assert day.states() == ["completed"]


def test_a_tap_on_a_button_of_the_question_is_an_answer_s7(day: Day, riet: Teller) -> None:
    day.claim(DUE)
    day.ask(DUE)
    riet.presses("Goed")
    assert day.states() == ["answered"]


def test_somebody_elses_message_answers_nothing_s7(
    day: Day, people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    people.resident(12, "Piet Smit", now=now)
    day.claim(DUE)
    day.ask(DUE)
    Teller(sessions, 12, DUE).says("dag")
    assert day.states() == ["sent"]


@pytest.mark.parametrize(("answers", "first"), [(False, "missed"), (True, "completed")])
def test_the_next_check_in_closes_the_one_that_is_still_open(
    day: Day, riet: Teller, answers: bool, first: str
) -> None:
    day.claim(DUE)
    day.ask(DUE)
    day.arrive()
    if answers:
        riet.says("best")
    assert day.claim(DUE + timedelta(days=1)) == 1
    assert day.states() == [first, "due"]


def test_a_check_in_that_was_never_asked_is_not_completed_by_the_next_s11(day: Day) -> None:
    day.claim(DUE)
    assert day.claim(DUE + timedelta(days=1)) == 1
    assert day.states() == ["not_asked", "due"]


def test_a_check_in_is_completed_once(day: Day, sessions: sessionmaker[Session]) -> None:
    day.claim(DUE)
    day.ask(DUE)
    for _ in range(2):
        with sessions.begin() as session:
            check_ins.record_answer(session, day.all()[0].id, "mood", None, DUE)
            check_ins.complete(session, day.all()[0].id, DUE + minutes(9))
    assert day.states() == ["completed"]
    with sessions() as session:
        assert len(session.scalars(select(CheckIn)).one().answers) == 1
        ended = select(AuditEntry).where(AuditEntry.action == "check_in.completed")
        assert len(session.scalars(ended).all()) == 1


def test_a_pause_asks_nothing_and_ends_by_itself(
    day: Day, riet: Teller, sessions: sessionmaker[Session]
) -> None:
    riet.now = DUE - minutes(30)
    assert "Hoe lang" in riet.says("/pauze")[0]
    assert "woensdag 2 december" in riet.presses("1 week")[0]
    for number in range(7):
        assert day.claim(DUE + timedelta(days=number)) == 0
    first = DUE + timedelta(days=7)
    assert day.claim(first) == 1
    with sessions() as session:
        resident = session.get_one(Resident, day.resident_id)
        assert resident.status == ResidentStatus.ACTIVE
        assert resident.paused_until is None
        assert resident.pause_reason is None
    assert day.ask(first) is not None


def test_whoever_pauses_or_stops_after_the_claim_is_not_asked(day: Day, riet: Teller) -> None:
    day.claim(DUE)
    riet.now = DUE
    riet.says("/stop")
    assert day.ask(DUE) is None
    assert day.states() == ["not_asked"]
    assert day.claim(DUE + timedelta(days=1)) == 0


def test_start_ends_a_pause_at_once(day: Day, riet: Teller) -> None:
    riet.says("/pauze")
    riet.presses("4 weken")
    assert "weer meedoet" in riet.says("/start")[0]
    assert day.claim(DUE + timedelta(days=1)) == 1


def test_a_blocked_resident_is_not_asked_t3(
    day: Day, sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions.begin() as session:
        messages.chat_of(session, RIET, now).blocked_at = now
    assert day.claim(DUE) == 1
    assert day.ask(DUE) is None
    assert day.all()[0].state_reason == "niet bereikbaar"


def test_one_broken_schedule_does_not_keep_the_others_waiting(
    day: Day, people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    broken = people.resident(12, "Piet Smit", now=now)
    with sessions.begin() as session:
        session.execute(
            update(Schedule)
            .where(Schedule.resident_id == broken.id)
            .values(time_zone="Mars/Olympus", next_due_at=DUE - minutes(1))
        )
    day.claim(DUE)
    assert day.states() == ["due"]


def test_a_clock_that_was_set_back_asks_nobody_twice_and_stalls_nobody(
    day: Day, people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    day.claim(DUE)
    other = Day(sessions, people.resident(12, "Piet Smit", now=now).id)
    with sessions.begin() as session:
        session.execute(update(Schedule).values(next_due_at=DUE))
    day.claim(DUE)
    assert day.states() == ["due"]
    assert other.states() == ["due"]
