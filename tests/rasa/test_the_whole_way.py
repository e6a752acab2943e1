"""The whole way with the real Rasa, and again with a process killed between any two steps."""

import itertools
from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot import clock
from bot.models import Case, CaseState, CheckIn, Coordinator, Helper, Resident
from bot.models import Message as MessageRow
from bot.services import cases, handovers
from bot.services.audit import Actor
from bot.understanding.labels import Level
from sandbox.client import ChatMessage, SandboxClient
from tests.people import People
from tests.rasa.conftest import Installation

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(400)]

LONELY = "ik zie dagen niemand, dat valt me zwaar"
PATIENCE = 45.0

Between = Callable[[], None]


class Way:
    """One resident's way from the link to the helper; `between` happens between any two steps."""

    def __init__(self, installation: Installation, between: Between) -> None:
        self.installation, self.between = installation, between
        self.sandbox: SandboxClient = installation.sandbox
        people = installation.people
        self.riet = self.sandbox.add_person("Riet")
        self.anja = self.sandbox.add_person("Anja")
        self.joke = self.sandbox.add_person("Joke")
        self.coordinator = people.coordinator(f"joke{self.joke}@waterrijk.example", self.joke)
        self.helper = people.helper(self.anja)
        self.resident, self.token = people.invited()

    def step(self, person: int, act: Callable[[], object], expect: str) -> ChatMessage:
        """Do one thing, wait for the one message that has to follow, and let something happen."""
        before = self.sandbox.last_message_id(person)
        act()
        answer = self.sandbox.wait_for_message(
            person, after=before, contains=expect, timeout=PATIENCE
        )
        self.between()
        return answer

    def walk(self) -> None:
        box, riet = self.sandbox, self.riet
        self.step(riet, lambda: box.send_text(riet, f"/start {self.token}"), "computerprogramma")
        self.step(riet, lambda: box.press(riet, "Ja, dat is goed"), "Hoe laat")
        self.step(riet, lambda: box.press(riet, "10:00 uur"), "Afgesproken")
        self.step(riet, self.to_check_in, "Hoe gaat het")
        self.step(riet, lambda: box.send_text(riet, LONELY), "laatste dagen")
        self.step(self.anja, self.assign, "een mens kan gebruiken")
        before = box.last_message_id(riet)
        box.press(self.anja, "Ja, ik pak het op")
        told = box.wait_for_message(riet, after=before, contains="Anja de Wit", timeout=PATIENCE)
        assert "neemt contact met u op" in told.text
        box.wait_for_message(self.anja, contains="Riet Bakker", timeout=PATIENCE)
        self.between()

    def to_check_in(self) -> None:
        """Move the clock to the resident's next check-in."""
        with self.installation.sessions() as session:
            resident = session.get_one(Resident, self.resident.id)
            due_at = resident.schedule.next_due_at
        assert due_at is not None
        self.sandbox.move_to(due_at)

    def assign(self) -> None:
        """What the coordinator does in the console: offer the case to the helper."""
        with self.installation.sessions.begin() as session:
            coordinator = session.get_one(Coordinator, self.coordinator.id)
            case = session.scalars(
                select(Case).where(Case.resident_id == self.resident.id, Case.closed_at.is_(None))
            ).one()
            assert case.level == Level.CONCERN
            assert [finding.by for cause in case.causes for finding in cause.message.findings]
            actor = Actor.of(coordinator)
            helper = session.get_one(Helper, self.helper.id)
            case = cases.access_case(session, actor, case.id)
            handovers.offer(session, coordinator, case, helper, clock.now())

    def said_to(self, person: int) -> list[str]:
        """Everything that the bot said to a person, in order."""
        return [
            message.text for message in self.sandbox.messages(person) if message.sender == "bot"
        ]

    def check_nothing_doubled_or_lost(self) -> None:
        """A send that was in the air may stand as `unknown`; it still arrived once."""
        self.installation.wait_until_all_is_sent()
        for person in (self.riet, self.anja, self.joke):
            said = self.said_to(person)
            assert len(said) == len(set(said)), said
        heard = self.said_to(self.riet)
        with self.installation.sessions() as session:
            resident = session.get_one(Resident, self.resident.id)
            rows = session.scalars(select(MessageRow).where(MessageRow.chat_id == resident.chat_id))
            for row in rows:
                assert row.handled_at or row.text in heard, (row.id, row.send_state, row.text)
            assert (
                len(session.scalars(select(CheckIn).filter_by(resident_id=resident.id)).all()) == 1
            )
            case = session.scalars(select(Case).filter_by(resident_id=resident.id)).one()
            assert case.state == CaseState.ACCEPTED


def test_from_the_first_link_to_the_helper(installation: Installation) -> None:
    way = Way(installation, between=lambda: None)
    way.walk()
    way.check_nothing_doubled_or_lost()


@pytest.mark.parametrize("first", range(2))
def test_killing_any_process_between_any_two_steps_loses_and_doubles_nothing(
    installation: Installation, first: int
) -> None:
    """Two walks, so that no gap sees the same process twice; seven gaps, four processes."""
    victims = itertools.cycle(("praatje", "rasa", "postgres", "actions"))
    for _ in range(first * 2):
        next(victims)
    way = Way(installation, between=lambda: installation.kill(next(victims)))
    way.walk()
    way.check_nothing_doubled_or_lost()


@pytest.mark.parametrize("victim", ["praatje", "postgres"])
def test_killed_right_after_a_message_came_in_it_is_answered_once(
    installation: Installation, people: People, sandbox: SandboxClient, victim: str
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    before = sandbox.last_message_id(riet)
    sandbox.send_text(riet, "ik heb vandaag soep gekookt voor de hele week")
    killed = installation.kill_now(victim)
    sandbox.wait_for_message(riet, after=before, timeout=PATIENCE)
    installation.wait_until_ready(victim, other_than=killed)
    sandbox.send_text(riet, "/privacy")
    sandbox.wait_for_message(riet, contains="beveiligde database", timeout=PATIENCE)
    assert len([m for m in sandbox.messages(riet) if m.sender == "bot"]) == 2


@pytest.mark.parametrize("down", ["nothing", "rasa", "actions"])
def test_danger_is_answered_within_two_seconds_whatever_is_down_n9_r2(
    installation: Installation, people: People, sandbox: SandboxClient, down: str
) -> None:
    riet = sandbox.add_person("Riet")
    resident = people.resident(riet)
    with installation.paused(down):
        sandbox.send_text(riet, "ik wil niet meer leven")
        answer = sandbox.wait_for_message(riet, contains="113", timeout=2)
    assert "112" in answer.text
    with installation.sessions() as session:
        case = session.scalars(select(Case).filter_by(resident_id=resident.id)).one()
        assert case.level == Level.CRISIS


@pytest.mark.parametrize("down", ["rasa", "actions"])
def test_a_message_while_something_is_down_gets_the_safe_text_within_five_seconds_n9(
    installation: Installation, people: People, sandbox: SandboxClient, down: str
) -> None:
    riet = sandbox.add_person("Riet")
    resident = people.resident(riet)
    with installation.paused(down):
        sandbox.send_text(riet, "ik wil graag met iemand praten")
        answer = sandbox.wait_for_message(riet, contains="kan er nu niet goed op", timeout=6)
    assert "112" in answer.text
    with installation.sessions() as session:
        assert session.scalars(select(Case).filter_by(resident_id=resident.id)).one()
