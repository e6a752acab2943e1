"""Cases: one open per resident, raised and never lowered, told once per rise, and closed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import Conflict, Invalid, NotFound
from bot.models import (
    ActorKind,
    AuditEntry,
    Case,
    CaseReason,
    CaseState,
    Coordinator,
    Handover,
    HandoverState,
    Helper,
    Message,
    Outcome,
    Purpose,
    Resident,
    Verdict,
)
from bot.services import cases, handovers
from bot.services.audit import Actor
from bot.understanding.labels import Level
from tests.people import People
from tests.telling import Teller

RIET, ANJA, JOKE = 11, 31, 32
LONELY = "ik zie dagen niemand, dat valt me zwaar"


@pytest.fixture
def riet(people: People, now: datetime) -> Resident:
    return people.resident(RIET, now=now)


@pytest.fixture
def joke(people: People) -> Coordinator:
    return people.coordinator(telegram_id=JOKE)


class Desk:
    """What happens to the cases of one resident."""

    def __init__(self, sessions: sessionmaker[Session], resident: Resident, now: datetime) -> None:
        self.sessions = sessions
        self.resident = resident
        self.now = now

    def report(self, level: Level, reason: CaseReason = CaseReason.SIGNALS) -> int:
        with self.sessions.begin() as session:
            resident = session.get_one(Resident, self.resident.id)
            return cases.open_or_raise(
                session, resident, level=level, reason=reason, message_ids=[], now=self.now
            ).id

    def close(self, coordinator: Coordinator, case_id: int) -> None:
        with self.sessions.begin() as session:
            found = cases.access_case(session, Actor.of(coordinator), case_id)
            mine = session.get_one(Coordinator, coordinator.id)
            cases.close(session, mine, found, Outcome.SPOKEN, Verdict.RIGHT, self.now)

    def all(self) -> list[Case]:
        with self.sessions() as session:
            found = session.scalars(select(Case).order_by(Case.id)).all()
            _ = [case.causes for case in found]
            return list(found)

    def alerts(self) -> list[str]:
        with self.sessions() as session:
            told = select(Message.text).where(Message.purpose == Purpose.ALERT)
            return list(session.scalars(told.order_by(Message.id)))

    def audit(self) -> list[AuditEntry]:
        with self.sessions() as session:
            about = AuditEntry.subject_kind.in_(("case", "handover"))
            return list(session.scalars(select(AuditEntry).where(about).order_by(AuditEntry.id)))


@pytest.fixture
def desk(sessions: sessionmaker[Session], riet: Resident, joke: Coordinator, now: datetime) -> Desk:
    return Desk(sessions, riet, now)


def test_twenty_reports_at_once_are_one_case_told_once(desk: Desk) -> None:
    reasons = list(CaseReason)
    with ThreadPoolExecutor(20) as pool:
        found = set(
            pool.map(
                lambda number: desk.report(Level.URGENT, reasons[number % len(reasons)]), range(20)
            )
        )
    assert len(found) == 1
    case = desk.all()[0]
    assert {cause.reason for cause in case.causes} == set(reasons)
    assert len(case.causes) == len(reasons)
    assert len(desk.alerts()) == 1


def test_raising_never_lowers_and_each_rise_is_told_once(desk: Desk) -> None:
    levels = [Level.CONCERN, Level.NONE, Level.CRISIS, Level.CONCERN, Level.URGENT, Level.CRISIS]
    shown = []
    for level in levels:
        desk.report(level)
        shown.append(desk.all()[0].level)
    assert shown == [Level.CONCERN] * 2 + [Level.CRISIS] * 4
    assert len(desk.alerts()) == 2
    assert "zorg" in desk.alerts()[0]
    assert "acuut gevaar" in desk.alerts()[1]
    assert [entry.action for entry in desk.audit()] == ["case.opened", "case.raised"]
    assert {entry.actor_kind for entry in desk.audit()} == {ActorKind.SYSTEM}


def test_a_deadline_only_comes_nearer_c1(desk: Desk, now: datetime) -> None:
    desk.report(Level.URGENT)
    assert desk.all()[0].deadline_at == now + timedelta(minutes=120)
    desk.now = now + timedelta(minutes=110)
    desk.report(Level.CRISIS)
    assert desk.all()[0].deadline_at == now + timedelta(minutes=120)
    assert cases.deadline(Level.CRISIS) < cases.deadline(Level.URGENT) < cases.deadline(Level.NONE)


def test_for_your_information_alarms_nobody(desk: Desk) -> None:
    desk.report(Level.NONE, CaseReason.MEDIA)
    assert desk.alerts() == []
    assert len(desk.all()) == 1


def test_an_alert_carries_no_name_and_no_words_v8(
    desk: Desk, sessions: sessionmaker[Session], now: datetime
) -> None:
    Teller(sessions, RIET, now).says("ik wil niet meer leven, zegt Riet Bakker")
    text = desk.alerts()[0]
    for secret in ("Riet", "Bakker", "leven", "06 12345678"):
        assert secret not in text
    assert f"/meldingen/{desk.all()[0].id}" in text


def test_a_coordinator_who_blocked_the_bot_or_left_is_not_told(
    desk: Desk, sessions: sessionmaker[Session], joke: Coordinator
) -> None:
    with sessions.begin() as session:
        session.get_one(Coordinator, joke.id).active = False
    desk.report(Level.CRISIS)
    assert desk.alerts() == []


def test_only_coordinators_of_the_place_are_told_g4(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    People(sessions, "Elders").coordinator("kees@elders.example", telegram_id=99)
    desk.report(Level.CRISIS)
    assert len(desk.alerts()) == 1


def test_a_case_of_another_municipality_does_not_exist_g4(
    desk: Desk, sessions: sessionmaker[Session], people: People
) -> None:
    case_id = desk.report(Level.CRISIS)
    kees = People(sessions, "Elders").coordinator("kees@elders.example")
    resident, helper = Actor.of(desk.resident), Actor.of(people.helper(ANJA))
    for actor in (Actor.of(kees), resident, helper):
        with sessions() as session, pytest.raises(NotFound):
            cases.access_case(session, actor, case_id)
        with sessions() as session, pytest.raises(NotFound):
            cases.access_case(session, actor, case_id + 1)
    with sessions() as session:
        assert cases.list_cases(session, Actor.of(kees)).total == 0


def test_closing_ends_it_with_outcome_and_verdict_and_the_next_report_is_a_new_case_r10(
    desk: Desk, joke: Coordinator, now: datetime
) -> None:
    first = desk.report(Level.URGENT)
    desk.now = now + timedelta(hours=1)
    desk.close(joke, first)
    closed = desk.all()[0]
    assert (closed.state, closed.outcome, closed.verdict, closed.closed_by_id) == (
        CaseState.CLOSED,
        Outcome.SPOKEN,
        Verdict.RIGHT,
        joke.id,
    )
    last = desk.audit()[-1]
    assert (last.action, last.actor_kind, last.actor_id) == (
        "case.closed",
        ActorKind.COORDINATOR,
        str(joke.id),
    )
    assert last.details == {"outcome": "spoken", "verdict": "right"}
    with pytest.raises(Conflict):
        desk.close(joke, first)
    assert desk.report(Level.CONCERN) != first
    assert len(desk.all()) == 2


def test_two_coordinators_who_close_at_once_close_once(
    desk: Desk, people: People, joke: Coordinator
) -> None:
    kees = people.coordinator("kees@waterrijk.example")
    case_id = desk.report(Level.URGENT)

    def try_to_close(coordinator: Coordinator) -> bool:
        try:
            desk.close(coordinator, case_id)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_to_close, (joke, kees))) == [False, True]
    assert [entry.action for entry in desk.audit()].count("case.closed") == 1


def test_closing_ends_the_hand_over(
    desk: Desk, people: People, joke: Coordinator, sessions: sessionmaker[Session]
) -> None:
    helper = people.helper(ANJA)
    case_id = desk.report(Level.URGENT)
    with sessions.begin() as session:
        handovers.offer(
            session,
            session.get_one(Coordinator, joke.id),
            session.get_one(Case, case_id),
            session.get_one(Helper, helper.id),
            desk.now,
        )
    desk.close(joke, case_id)
    with sessions() as session:
        handover = session.scalars(select(Handover)).one()
        assert handover.state == HandoverState.CLOSED
        assert handover.closed_at == desk.now
    anja = Teller(sessions, ANJA, desk.now)
    assert "opgepakt of teruggenomen" in anja.presses("Ja, ik pak het op")[0]


def test_a_note_is_kept_with_who_wrote_it_and_an_empty_one_is_refused(
    desk: Desk, joke: Coordinator, sessions: sessionmaker[Session]
) -> None:
    case_id = desk.report(Level.URGENT)
    with sessions.begin() as session:
        mine = session.get_one(Coordinator, joke.id)
        case = session.get_one(Case, case_id)
        cases.add_note(session, mine, case, "  gebeld, niet thuis  ", desk.now)
        with pytest.raises(Invalid):
            cases.add_note(session, mine, case, "   ", desk.now)
    with sessions() as session:
        note = session.get_one(Case, case_id).notes[0]
        assert (note.text, note.coordinator_id) == ("gebeld, niet thuis", joke.id)
    assert desk.audit()[-1].action == "case.noted"


def test_reading_a_conversation_is_written_down_v7(
    desk: Desk, joke: Coordinator, sessions: sessionmaker[Session]
) -> None:
    case_id = desk.report(Level.URGENT)
    with sessions.begin() as session:
        case = cases.access_case(session, Actor.of(joke), case_id)
        cases.record_reading(session, Actor.of(joke), case, desk.now)
    last = desk.audit()[-1]
    assert (last.action, last.actor_id, last.subject_id, last.municipality_id) == (
        "conversation.read",
        str(joke.id),
        str(case_id),
        joke.municipality_id,
    )


def test_the_list_is_by_level_then_deadline_c1(
    sessions: sessionmaker[Session], people: People, joke: Coordinator, now: datetime
) -> None:
    made = []
    for number, level in enumerate([*Level, *Level]):
        resident = people.resident(100 + number, f"Bewoner {number}", now)
        desk = Desk(sessions, resident, now - timedelta(minutes=number))
        made.append((-level.rank, desk.now + cases.deadline(level), desk.report(level)))
    with sessions() as session:
        page = cases.list_cases(session, Actor.of(joke), limit=5)
        assert page.total == 8
        assert [case.id for case in page.cases] == [case_id for *_, case_id in sorted(made)][:5]


def test_danger_case_names_the_message_it_rests_on_r8(
    desk: Desk, sessions: sessionmaker[Session], now: datetime
) -> None:
    Teller(sessions, RIET, now).says("goedemorgen. ik wil niet meer leven")
    with sessions() as session:
        message = session.scalars(select(Case)).one().causes[0].message
        assert message is not None
        found = message.findings[0]
        assert found.by
        assert "leven" in message.text[found.start : found.end]
