"""From the first link to a helper who accepts: gateway, queue and sandbox, with Rasa faked."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.models import (
    Case,
    CaseState,
    CheckIn,
    CheckInState,
    Consent,
    Helper,
    Message,
    Resident,
    ResidentStatus,
)
from bot.scheduler import TICKS
from bot.services import cases, handovers
from bot.services.audit import Actor
from bot.understanding.labels import Level
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.running import Running

LONELY = "ik zie dagen niemand, dat valt me zwaar"


@pytest.mark.usefixtures("praatje")
def test_enrolment_says_what_it_is_and_asks_consent_once_per_link_t1(
    sandbox: SandboxClient, people: People, sessions: sessionmaker[Session]
) -> None:
    _, token = people.invited()
    riet = sandbox.add_person("Riet")
    sandbox.send_text(riet, f"/start {token}")
    welcome = sandbox.wait_for_message(riet, contains="computerprogramma")
    assert "Dit is geen noodhulp" in welcome.text
    assert "112" in welcome.text
    sandbox.press(riet, "Ja, dat is goed")
    sandbox.wait_for_message(riet, contains="Hoe laat")
    sandbox.press(riet, "10:00 uur")
    sandbox.wait_for_message(riet, contains="Afgesproken")
    with sessions() as session:
        resident = session.scalars(select(Resident)).one()
        assert resident.status == ResidentStatus.ACTIVE
        consent = session.scalars(select(Consent)).one()
        assert consent.given
        assert consent.message_id is not None
    other = sandbox.add_person("Piet")
    sandbox.send_text(other, f"/start {token}")
    sandbox.wait_for_message(other, contains="al een keer gebruikt")
    with sessions() as session:
        assert len(session.scalars(select(Resident)).all()) == 1


@pytest.mark.usefixtures("praatje")
def test_loneliness_becomes_a_case_that_a_helper_takes_and_the_resident_hears(
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
) -> None:
    riet, anja, joke = (sandbox.add_person(name) for name in ("Riet", "Anja", "Joke"))
    people.resident(riet)
    helper = people.helper(anja)
    coordinator = people.coordinator(telegram_id=joke)
    rasa.intents[LONELY] = "share_loneliness"
    sandbox.send_text(riet, LONELY)
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    alert = sandbox.wait_for_message(joke, contains="melding")
    assert "Riet" not in alert.text
    assert LONELY not in alert.text
    with sessions.begin() as session:
        case = session.scalars(select(Case)).one()
        assert case.level == Level.CONCERN
        said = case.causes[0].message
        assert said is not None
        assert said.text == LONELY
        assert said.findings
        actor = Actor.of(coordinator)
        handovers.offer(
            session,
            coordinator,
            cases.access_case(session, actor, case.id),
            session.get_one(Helper, helper.id),
            clock.now(),
        )
    offer = sandbox.wait_for_message(anja, contains="een mens kan gebruiken")
    assert "Riet" not in offer.text
    sandbox.press(anja, "Ja, ik pak het op")
    sandbox.wait_for_message(anja, contains="Riet Bakker")
    sandbox.wait_for_message(riet, contains="Anja de Wit (vrijwilliger)")
    with sessions() as session:
        assert session.scalars(select(Case)).one().state == CaseState.ACCEPTED


@pytest.mark.parametrize("rasa_is_down", [False, True])
@pytest.mark.usefixtures("praatje")
def test_danger_is_answered_with_the_number_and_a_case_even_without_rasa_n9_r3_v9(
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
    rasa_is_down: bool,
) -> None:
    rasa.down = rasa_is_down
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    sandbox.send_text(riet, "ik wil niet meer leven")
    answer = sandbox.wait_for_message(riet, contains="113", timeout=2)
    assert "112" in answer.text
    assert "geen noodhulp" in answer.text
    with sessions() as session:
        assert session.scalars(select(Case)).one().level == Level.CRISIS
    assert not rasa.asked


@pytest.mark.usefixtures("praatje")
def test_no_answer_from_rasa_gives_the_safe_text_and_a_case_n9(
    sandbox: SandboxClient, people: People, sessions: sessionmaker[Session], rasa: FakeRasa
) -> None:
    rasa.down = True
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    sandbox.send_text(riet, "wat een mooi weer vandaag")
    answer = sandbox.wait_for_message(riet, contains="Een coördinator kijkt ernaar")
    assert "112" in answer.text
    with sessions() as session:
        assert session.scalars(select(Case)).one().level == Level.NONE


def test_a_check_in_is_asked_at_the_due_time_and_answered(
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
    praatje: Running,
) -> None:
    riet = sandbox.add_person("Riet")
    resident = people.resident(riet)
    with sessions() as session:
        resident = session.get_one(Resident, resident.id)
        due = clock.now().replace(year=clock.now().year + 1)
    with sessions.begin() as session:
        assert TICKS["check-ins that are due"][1](session, due) == 1
        assert TICKS["check-ins that are due"][1](session, due) == 0
    sandbox.wait_for_message(riet, contains="Hoe gaat het met u?")
    assert rasa.opened == [str(resident.id)]
    sandbox.send_text(riet, "best goed hoor")
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    with sessions() as session:
        assert session.scalars(select(CheckIn)).one().state == CheckInState.ANSWERED
        answered = session.scalars(select(Message).where(Message.text == "best goed hoor")).one()
        assert answered.handled_at is not None
        assert answered.intent == "chitchat"
