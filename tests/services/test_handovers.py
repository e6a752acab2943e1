"""Hand-overs: one helper at a time, the first who accepts has it, no name before a yes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import Conflict
from bot.models import (
    AuditEntry,
    Case,
    CaseReason,
    CaseState,
    Coordinator,
    Handover,
    HandoverState,
    Helper,
    Outcome,
    Resident,
    Verdict,
)
from bot.services import cases, handovers
from bot.services.handovers import WHY_NL
from bot.understanding.labels import Level
from tests.people import People
from tests.telling import Teller

RIET, ANJA, BEP, JOKE = 11, 31, 33, 32
YES, NO = "Ja, ik pak het op", "Nee, nu niet"


class Desk:
    """One case, one coordinator, and who may be asked."""

    def __init__(self, sessions: sessionmaker[Session], people: People, now: datetime) -> None:
        self.sessions, self.now = sessions, now
        self.resident = people.resident(RIET, now=now)
        self.joke = people.coordinator(telegram_id=JOKE)
        self.anja, self.bep = people.helper(ANJA), people.helper(BEP, "Bep Mulder")
        self.open_case()

    def open_case(self) -> None:
        with self.sessions.begin() as session:
            self.case_id = cases.open_or_raise(
                session,
                session.get_one(Resident, self.resident.id),
                level=Level.URGENT,
                reason=CaseReason.SIGNALS,
                message_ids=[],
                now=self.now,
            ).id

    def offer(self, helper: Helper) -> int:
        with self.sessions.begin() as session:
            return handovers.offer(
                session,
                session.get_one(Coordinator, self.joke.id),
                session.get_one(Case, self.case_id),
                session.get_one(Helper, helper.id),
                self.now,
            ).id

    def answer(self, helper: Helper, handover_id: int, accepted: bool) -> None:
        with self.sessions.begin() as session:
            mine = session.get_one(Helper, helper.id)
            handovers.answer(session, mine, handover_id, accepted, self.now)

    def withdraw(self) -> None:
        with self.sessions.begin() as session:
            case = session.get_one(Case, self.case_id)
            joke = session.get_one(Coordinator, self.joke.id)
            handovers.withdraw(session, joke, case, self.now)

    def state(self) -> tuple[CaseState, list[HandoverState]]:
        with self.sessions() as session:
            case = session.get_one(Case, self.case_id)
            return case.state, [handover.state for handover in case.handovers]

    def told(self, telegram_id: int) -> list[str]:
        return [m.text for m in Teller(self.sessions, telegram_id, self.now).outbox()]

    def by(self, telegram_id: int) -> Teller:
        return Teller(self.sessions, telegram_id, self.now)

    def actions(self) -> list[str]:
        with self.sessions() as session:
            about = select(AuditEntry.action).where(AuditEntry.subject_kind == "handover")
            return list(session.scalars(about.order_by(AuditEntry.id)))


@pytest.fixture
def desk(sessions: sessionmaker[Session], people: People, now: datetime) -> Desk:
    return Desk(sessions, people, now)


def test_an_offer_names_the_place_and_the_reason_but_not_the_resident_v6(desk: Desk) -> None:
    desk.offer(desk.anja)
    text = desk.told(ANJA)[0]
    assert "Waterrijk" in text
    assert "zorgen" in text
    for secret in ("Riet", "Bakker", "12345678", str(desk.resident.id)):
        assert secret not in text
    assert desk.state() == (CaseState.OFFERED, [HandoverState.OFFERED])


def test_a_yes_gives_the_name_to_the_helper_and_tells_resident_and_coordinator_h5(
    desk: Desk,
) -> None:
    desk.offer(desk.anja)
    said = desk.by(ANJA).presses(YES)[0]
    assert "Riet Bakker" in said
    assert "06 12345678" in said
    assert "Anja de Wit (vrijwilliger)" in desk.told(RIET)[-1]
    assert "opgepakt door Anja de Wit" in desk.told(JOKE)[-1]
    assert "Riet" not in "".join(desk.told(JOKE))
    assert desk.state() == (CaseState.ACCEPTED, [HandoverState.ACCEPTED])
    assert desk.actions() == ["handover.offered", "handover.accepted"]


def test_a_second_offer_is_a_conflict_until_the_first_is_taken_back(desk: Desk) -> None:
    desk.offer(desk.anja)
    with pytest.raises(Conflict, match="Anja de Wit"):
        desk.offer(desk.bep)
    desk.withdraw()
    assert "teruggenomen" in desk.told(ANJA)[-1]
    with pytest.raises(Conflict):
        desk.withdraw()
    desk.offer(desk.bep)
    assert desk.state() == (CaseState.OFFERED, [HandoverState.WITHDRAWN, HandoverState.OFFERED])


def test_two_offers_at_once_are_one_offer(desk: Desk) -> None:
    def try_to_offer(helper: Helper) -> bool:
        try:
            desk.offer(helper)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_to_offer, (desk.anja, desk.bep))) == [False, True]


def test_twenty_accepts_at_once_have_one_winner_h5(desk: Desk) -> None:
    handover_id = desk.offer(desk.anja)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: desk.answer(desk.anja, handover_id, True), range(20)))
    told = desk.told(ANJA)[1:]
    assert len([text for text in told if "Riet Bakker" in text]) == 1
    assert len([text for text in told if "al door iemand anders" in text]) == 19
    assert desk.actions().count("handover.accepted") == 1
    assert len([text for text in desk.told(RIET) if "Goed nieuws" in text]) == 1


def test_a_late_answer_gets_a_friendly_line_and_changes_nothing_h5(desk: Desk) -> None:
    desk.offer(desk.anja)
    desk.withdraw()
    assert "al door iemand anders" in desk.by(ANJA).presses(YES)[0]
    assert desk.state() == (CaseState.OPEN, [HandoverState.WITHDRAWN])


def test_a_helper_cannot_answer_for_another(desk: Desk) -> None:
    handover_id = desk.offer(desk.anja)
    desk.answer(desk.bep, handover_id, True)
    assert "Riet" not in "".join(desk.told(BEP))
    assert desk.state() == (CaseState.OFFERED, [HandoverState.OFFERED])


def test_a_no_opens_the_case_again_and_tells_the_coordinator(desk: Desk) -> None:
    desk.offer(desk.anja)
    assert "zoekt iemand anders" in desk.by(ANJA).presses(NO)[0]
    assert "kan melding" in desk.told(JOKE)[-1]
    assert desk.state() == (CaseState.OPEN, [HandoverState.DECLINED])
    assert "Riet" not in "".join(desk.told(ANJA))
    desk.offer(desk.bep)


def test_a_helper_out_of_reach_and_a_closed_case_cannot_be_offered(
    desk: Desk, people: People, sessions: sessionmaker[Session]
) -> None:
    with pytest.raises(Conflict, match="nog niet te bereiken"):
        desk.offer(people.helper(None, "Cor Blok"))
    with sessions.begin() as session:
        case = session.get_one(Case, desk.case_id)
        joke = session.get_one(Coordinator, desk.joke.id)
        cases.close(session, joke, case, Outcome.NO_ACTION, Verdict.WRONG, desk.now)
    with pytest.raises(Conflict, match="afgesloten"):
        desk.offer(desk.anja)


def test_accept_and_close_at_once_end_in_one_consistent_state(desk: Desk) -> None:
    """Whichever comes first: both get an answer, and a closed case has no open hand-over."""

    def close() -> None:
        with desk.sessions.begin() as session:
            case = session.get_one(Case, desk.case_id)
            joke = session.get_one(Coordinator, desk.joke.id)
            cases.close(session, joke, case, Outcome.SPOKEN, Verdict.RIGHT, desk.now)

    for _ in range(10):
        handover_id = desk.offer(desk.anja)
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(close),
                pool.submit(desk.answer, desk.anja, handover_id, True),
            ]
        assert [each.exception() for each in both] == [None, None]
        assert desk.state() == (CaseState.CLOSED, [HandoverState.CLOSED])
        desk.open_case()


def test_a_withdrawn_hand_over_is_written_down(desk: Desk, sessions: sessionmaker[Session]) -> None:
    desk.offer(desk.anja)
    desk.withdraw()
    assert desk.actions() == ["handover.offered", "handover.withdrawn"]
    with sessions() as session:
        assert session.scalars(select(Handover)).one().closed_at == desk.now


def test_every_reason_has_words_for_a_helper() -> None:
    assert set(WHY_NL) == set(CaseReason)
