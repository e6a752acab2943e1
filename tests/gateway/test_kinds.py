"""What is no text never vanishes, a change is read again, and strangers in danger are answered."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot.models import (
    Attachment,
    Case,
    CaseReason,
    Message,
    MessageKind,
    Resident,
    ResidentStatus,
)
from bot.understanding.labels import Level
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.waiting import until

from .updates import CONTENT, OTHER, message

pytestmark = pytest.mark.usefixtures("praatje")
DANGER = "ik wil niet meer leven"


def came_in(sessions: sessionmaker[Session]) -> list[Message]:
    with sessions() as session:
        found = select(Message).where(Message.direction == "in").order_by(Message.id)
        return list(session.scalars(found))


def the_cases(sessions: sessionmaker[Session]) -> list[Case]:
    with sessions() as session:
        found = list(session.scalars(select(Case)))
        _ = [case.causes for case in found]
        return found


@pytest.fixture
def riet(sandbox: SandboxClient, people: People) -> int:
    person = sandbox.add_person("Riet")
    people.resident(person)
    return person


@pytest.fixture
def unknown(sandbox: SandboxClient) -> int:
    return sandbox.add_person("Onbekend")


@pytest.mark.parametrize("kind", CONTENT)
def test_each_kind_is_stored_answered_and_seen_by_a_person_t10_t11(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], kind: str
) -> None:
    update = {"update_id": 5_000_000_000, "message": message(riet, 77, **CONTENT[kind])}
    sandbox.inject(update)
    sandbox.wait_for_message(riet, contains="het is binnen")
    stored = came_in(sessions)[0]
    assert stored.kind == MessageKind(kind)
    assert stored.handled_at is not None
    reasons = [cause.reason for case in the_cases(sessions) for cause in case.causes]
    assert reasons == ([] if kind == "sticker" else [CaseReason.MEDIA])
    with sessions() as session:
        attached = session.scalars(select(Attachment)).all()
    if kind == "contact":
        assert attached == []  # who it is about never asked to be written down
    else:
        assert [each.kind for each in attached] == [MessageKind(kind)]
        assert (attached[0].telegram_file_id is None) == (kind == "location")


@pytest.mark.parametrize("kind", OTHER)
def test_what_we_do_not_know_is_kept_and_answered_too_t11(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], kind: str
) -> None:
    sandbox.inject({"update_id": 5_000_000_000, "message": message(riet, 77, **OTHER[kind])})
    sandbox.wait_for_message(riet, contains="het is binnen")
    assert came_in(sessions)[0].kind in (MessageKind.OTHER, MessageKind.LOCATION)


def test_a_caption_is_read_for_danger_t11_r2(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], rasa: FakeRasa
) -> None:
    sandbox.send_photo(riet, caption=DANGER)
    assert "112" in sandbox.wait_for_message(riet, contains="113").text
    assert the_cases(sessions)[0].level == Level.CRISIS
    assert not rasa.asked


def test_a_caption_is_put_to_rasa_and_the_photo_to_a_person_t11(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], rasa: FakeRasa
) -> None:
    sandbox.send_photo(riet, caption="mijn tuin in de herfst")
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    assert [each["message"] for each in rasa.asked] == ["mijn tuin in de herfst"]
    assert [cause.reason for cause in the_cases(sessions)[0].causes] == [CaseReason.MEDIA]
    assert len(sandbox.messages(riet, sender="bot")) == 1


def test_an_edit_is_read_for_danger_and_is_no_new_turn_t12_r2(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session], rasa: FakeRasa
) -> None:
    sandbox.send_text(riet, "het gaat wel")
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    mine = sandbox.messages(riet, sender="person")[-1].message_id
    sandbox.edit(riet, mine, "het gaat wel hoor")
    until(lambda: len(came_in(sessions)) == 2)
    sandbox.edit(riet, mine, DANGER)
    sandbox.wait_for_message(riet, contains="113")
    assert [each.text for each in came_in(sessions)] == [
        "het gaat wel",
        "het gaat wel hoor",
        DANGER,
    ]
    assert [each["message"] for each in rasa.asked] == ["het gaat wel"]
    assert the_cases(sessions)[0].level == Level.CRISIS
    assert len(sandbox.messages(riet, sender="bot")) == 2


def test_a_stranger_in_danger_gets_the_text_and_a_case_where_there_is_one_municipality_r2(
    sandbox: SandboxClient,
    people: People,
    unknown: int,
    sessions: sessionmaker[Session],
) -> None:
    people.invited()
    sandbox.send_text(unknown, DANGER)
    sandbox.wait_for_message(unknown, contains="Bel alstublieft zelf")
    assert "112" in sandbox.wait_for_message(unknown, contains="113").text
    case = the_cases(sessions)[0]
    assert case.level == Level.CRISIS
    with sessions() as session:
        person = session.get_one(Resident, case.resident_id)
        assert person.status == ResidentStatus.STRANGER
    sandbox.send_text(unknown, "dank u")
    sandbox.wait_for_message(unknown, contains="persoonlijke link")


@pytest.mark.parametrize("places", [0, 2])
def test_a_stranger_in_danger_gets_the_text_also_when_nobody_knows_where_r2(
    sandbox: SandboxClient, unknown: int, sessions: sessionmaker[Session], places: int
) -> None:
    for number in range(places):
        People(sessions, f"Plaats {number}").invited()
    sandbox.send_text(unknown, DANGER)
    sandbox.wait_for_message(unknown, contains="113")
    assert the_cases(sessions) == []


def test_a_stranger_who_gets_a_link_later_takes_part(
    sandbox: SandboxClient, people: People, unknown: int, sessions: sessionmaker[Session]
) -> None:
    _, token = people.invited()
    sandbox.send_text(unknown, DANGER)
    sandbox.wait_for_message(unknown, contains="113")
    sandbox.start(unknown, token)
    sandbox.wait_for_message(unknown, contains="Vindt u het goed")
    assert len(the_cases(sessions)) == 1


def test_a_helper_in_danger_is_answered_and_stays_a_helper_r2(
    sandbox: SandboxClient, people: People, unknown: int, sessions: sessionmaker[Session]
) -> None:
    people.helper(unknown)
    sandbox.send_text(unknown, DANGER)
    sandbox.wait_for_message(unknown, contains="113")
    assert the_cases(sessions)[0].level == Level.CRISIS
    sandbox.send_text(unknown, "goedemorgen")
    sandbox.wait_for_message(unknown, contains="als medewerker")


def test_a_group_is_left_and_nothing_of_it_is_kept(
    sandbox: SandboxClient, riet: int, sessions: sessionmaker[Session]
) -> None:
    sandbox.act(riet, "group", title="Koffie")
    left = sandbox.wait_for_calls(1, method="leaveChat")[0]
    assert left["answer"]["ok"]
    assert came_in(sessions) == []
