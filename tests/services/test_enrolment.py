"""From a link to taking part and out again: consent first, a token once, commands at any moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import (
    ActorKind,
    AuditEntry,
    Case,
    CaseReason,
    Consent,
    Coordinator,
    Helper,
    Invitation,
    MessageKind,
    Resident,
    ResidentStatus,
    Schedule,
)
from bot.services import check_ins, residents
from tests.people import People
from tests.telling import Teller

RIET = 11


@pytest.fixture
def riet(sessions: sessionmaker[Session], now: datetime) -> Teller:
    return Teller(sessions, RIET, now)


@pytest.fixture
def taking_part(people: People, riet: Teller, now: datetime) -> Teller:
    people.resident(RIET, now=now)
    return riet


def resident_of(teller: Teller) -> Resident:
    with teller.sessions.begin() as session:
        found = residents.by_chat(session, teller.chat(session).id)
        assert found is not None
        return found


def link_for(person: Resident | Helper | Coordinator, teller: Teller) -> str:
    with teller.sessions.begin() as session:
        return residents.invite(session, person, teller.now)


def actions(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_link_leads_to_consent_a_time_and_a_schedule_with_an_audit_trail_t1_v1(
    riet: Teller, people: People, sessions: sessionmaker[Session]
) -> None:
    _, token = people.invited()
    welcome = riet.says(f"/start {token}")[0]
    assert "Ik ben geen mens" in welcome
    assert resident_of(riet).status == ResidentStatus.OPENED
    riet.presses("Ja, dat is goed")
    assert resident_of(riet).status == ResidentStatus.OPENED
    assert "Voor het eerst op" in riet.presses("10:00 uur")[0]
    assert resident_of(riet).status == ResidentStatus.ACTIVE
    assert actions(sessions)[-3:] == ["resident.opened", "consent.given", "schedule.changed"]
    with sessions() as session:
        consent = session.scalars(select(Consent)).one()
        assert consent.version == residents.CONSENT_VERSION
        assert consent.message_id == riet.inbox()[1].id
        asked = session.scalars(select(AuditEntry).where(AuditEntry.action == "consent.given"))
        assert asked.one().actor_kind == ActorKind.RESIDENT


def test_a_link_works_once_also_when_five_open_it_at_the_same_moment_t1(
    people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    _, token = people.invited()
    tellers = [Teller(sessions, 20 + number, now) for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        said = [text[0] for text in pool.map(lambda each: each.says(f"/start {token}"), tellers)]
    assert sorted("al een keer gebruikt" in text for text in said) == [False] + [True] * 4
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Resident)) == 1


@pytest.mark.parametrize(("days", "welcome"), [(29, True), (30, False), (400, False)])
def test_a_link_expires_after_thirty_days_t1(
    riet: Teller, people: People, days: int, welcome: bool
) -> None:
    resident, _ = people.invited()
    token = link_for(resident, riet)
    riet.now += timedelta(days=days)
    said = riet.says(f"/start {token}")[0]
    assert ("computerprogramma van Waterrijk" in said) == welcome
    assert ("te oud" in said) == (not welcome)


@pytest.mark.parametrize("token", ["nonsense", "a\x00b", "x" * 500, "' OR 1=1 --"])
def test_a_made_up_token_gets_a_polite_line_and_makes_nobody_t1(
    riet: Teller, sessions: sessionmaker[Session], token: str
) -> None:
    assert "nieuwe link" in riet.says(f"/start {token}")[0]
    with sessions() as session:
        assert session.scalars(select(Resident)).all() == []


def test_the_token_itself_is_nowhere_in_the_database_t1(
    people: People, sessions: sessionmaker[Session]
) -> None:
    _, token = people.invited()
    with sessions() as session:
        assert token not in session.scalars(select(Invitation.token_hash)).one()


def test_a_resident_who_refuses_is_asked_nothing_and_may_start_again_t1_v1(
    riet: Teller, people: People, sessions: sessionmaker[Session]
) -> None:
    _, token = people.invited()
    riet.says(f"/start {token}")
    assert "Ik vraag u niets" in riet.presses("Nee, liever niet")[0]
    assert resident_of(riet).status == ResidentStatus.REFUSED
    with sessions.begin() as session:
        assert check_ins.claim_due(session, riet.now + timedelta(days=9)) == 0
    assert "Ik vraag u niets" in riet.says("toch nog een vraag")[0]
    assert "Vindt u het goed" in riet.says("/start")[0]
    riet.presses("Ja, dat is goed")
    riet.presses("09:00 uur")
    assert resident_of(riet).status == ResidentStatus.ACTIVE
    with sessions() as session:
        given = session.scalars(select(Consent.given).order_by(Consent.id)).all()
        assert given == [False, True]


def test_start_again_does_no_harm_to_who_takes_part_t1(taking_part: Teller) -> None:
    assert taking_part.says("/start") == ["U doet al mee. Met /help leest u wat u kunt doen."]
    assert resident_of(taking_part).status == ResidentStatus.ACTIVE


def test_somebody_elses_link_changes_nothing_for_who_takes_part_t1(
    taking_part: Teller, people: People
) -> None:
    _, token = people.invited("Piet Smit")
    assert "U doet al mee" in taking_part.says(f"/start {token}")[0]
    assert resident_of(taking_part).name == "Riet Bakker"


@pytest.mark.parametrize("before", [[], ["Nee, liever niet"]], ids=["no answer", "refused"])
def test_stop_and_start_is_no_way_around_consent_v1(
    riet: Teller, people: People, sessions: sessionmaker[Session], before: list[str]
) -> None:
    _, token = people.invited()
    riet.says(f"/start {token}")
    for label in before:
        riet.presses(label)
    riet.says("/stop")
    assert "Vindt u het goed" in riet.says("/start")[0]
    assert resident_of(riet).status != ResidentStatus.ACTIVE
    with sessions() as session:
        assert session.scalars(select(Schedule.next_due_at)).one() is None


def test_an_old_button_is_no_way_around_a_refusal_v1(riet: Teller, people: People) -> None:
    _, token = people.invited()
    riet.says(f"/start {token}")
    riet.presses("Ja, dat is goed")
    riet.says("/start")
    riet.presses("Nee, liever niet")
    riet.presses("10:00 uur")
    assert resident_of(riet).status == ResidentStatus.REFUSED


def test_an_old_pause_button_does_not_undo_a_stop_t14(taking_part: Teller) -> None:
    taking_part.says("/pauze")
    taking_part.says("/stop")
    assert "U bent gestopt" in taking_part.presses("1 week")[0]
    assert resident_of(taking_part).status == ResidentStatus.STOPPED


def test_an_old_yes_does_not_put_who_takes_part_out_of_the_schedule(
    riet: Teller, people: People
) -> None:
    _, token = people.invited()
    riet.says(f"/start {token}")
    first = riet.button("Ja, dat is goed").token
    riet.says("/start")
    riet.presses("Ja, dat is goed")
    riet.presses("10:00 uur")
    riet.says(kind=MessageKind.BUTTON, button_token=first)
    assert resident_of(riet).status == ResidentStatus.ACTIVE


def test_who_has_not_said_yes_yet_is_reminded(riet: Teller, people: People) -> None:
    _, token = people.invited()
    riet.says(f"/start {token}")
    assert "knoppen hierboven" in riet.says("wie bent u?")[0]
    riet.presses("Ja, dat is goed")
    assert "eerst een tijd" in riet.says("maakt niet uit")[0]


def test_helper_and_coordinator_link_their_telegram_once_t1(
    people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    anja, joke = Teller(sessions, 31, now), Teller(sessions, 32, now)
    helper, coordinator = people.helper(None), people.coordinator()
    of_anja, of_joke = link_for(helper, anja), link_for(coordinator, joke)
    assert "Dag Anja de Wit" in anja.says(f"/start {of_anja}")[0]
    assert "als coördinator" in joke.says(f"/start {of_joke}")[0]
    with sessions() as session:
        assert session.get_one(Helper, helper.id).chat_id is not None
        assert session.get_one(Coordinator, coordinator.id).chat_id is not None
        assert session.scalars(select(Resident)).all() == []
    assert "al een keer gebruikt" in Teller(sessions, 33, now).says(f"/start {of_anja}")[0]
    assert "als medewerker" in anja.says("hallo?")[0]
    assert "als medewerker" in joke.says("/stop")[0]
    assert actions(sessions).count("telegram.linked") == 2


def test_privacy_works_before_consent_and_for_strangers_v3(riet: Teller, people: People) -> None:
    assert "beveiligde database" in riet.says("/privacy")[0]
    _, token = people.invited()
    riet.says(f"/start {token}")
    assert "beveiligde database" in riet.says("/privacy")[0]
    assert resident_of(riet).status == ResidentStatus.OPENED


def test_it_says_that_it_is_a_program_at_the_start_and_to_strangers_v2_v9(
    riet: Teller, people: People
) -> None:
    for said in (riet.says("hallo")[0], riet.says("/start")[0]):
        assert "computerprogramma" in said
        assert "geen noodhulp" in said
        assert "112" in said
    _, token = people.invited()
    welcome = riet.says(f"/start {token}")[0]
    assert "Ik ben geen mens" in welcome
    assert "Dit is geen noodhulp" in welcome
    assert "112" in welcome
    riet.presses("Ja, dat is goed")
    riet.presses("10:00 uur")
    assert "computerprogramma" in riet.says("/help")[0]


@pytest.mark.parametrize(
    ("command", "answer", "status"),
    [
        ("/stop", "Ik vraag u niets meer", ResidentStatus.STOPPED),
        ("/STOP", "Ik vraag u niets meer", ResidentStatus.STOPPED),
        ("/stop@praatje_bot", "Ik vraag u niets meer", ResidentStatus.STOPPED),
        ("/pauze", "Hoe lang", ResidentStatus.ACTIVE),
        ("/help", "/mens", ResidentStatus.ACTIVE),
        ("/mens", "met een mens wilt praten", ResidentStatus.ACTIVE),
        ("/restart", "/mens", ResidentStatus.ACTIVE),
        ("/crisis{}", "/mens", ResidentStatus.ACTIVE),
    ],
)
def test_a_command_is_answered_in_the_first_transaction_t14(
    taking_part: Teller, command: str, answer: str, status: ResidentStatus
) -> None:
    """Also while a check-in waits for an answer: Rasa and its form are not asked."""
    with taking_part.sessions.begin() as session:
        check_ins.claim_due(session, taking_part.now + timedelta(days=1))
    said = taking_part.says(command)
    assert len(said) == 1
    assert answer in said[0]
    assert resident_of(taking_part).status == status
    assert taking_part.inbox()[-1].handled_at is not None


def test_asking_for_a_human_is_a_case_once_t14(
    taking_part: Teller, sessions: sessionmaker[Session]
) -> None:
    for _ in range(2):
        assert "met een mens" in taking_part.says("/mens")[0]
    with sessions() as session:
        case = session.scalars(select(Case)).one()
        assert {cause.reason for cause in case.causes} == {CaseReason.ASK_HUMAN}


def test_danger_behind_a_slash_is_danger_all_the_same_r2(
    taking_part: Teller, sessions: sessionmaker[Session]
) -> None:
    assert "113" in taking_part.says("/stop ik wil niet meer leven")[0]
    with sessions() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_who_stopped_or_refused_and_writes_danger_is_answered_r2(
    taking_part: Teller, sessions: sessionmaker[Session]
) -> None:
    taking_part.says("/stop")
    assert "113" in taking_part.says("ik wil niet meer leven")[0]
    with sessions() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_every_change_by_the_resident_is_written_down(
    taking_part: Teller, sessions: sessionmaker[Session]
) -> None:
    taking_part.says("/pauze")
    taking_part.presses("2 weken")
    taking_part.says("/start")
    taking_part.says("/stop")
    assert actions(sessions)[-3:] == ["resident.paused", "resident.resumed", "resident.stopped"]
    with sessions() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert last.actor_kind == ActorKind.RESIDENT
        assert last.actor_id == str(resident_of(taking_part).id)
        assert last.municipality_id is not None
