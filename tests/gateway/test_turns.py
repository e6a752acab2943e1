"""Turns with Rasa: bursts, one at a time per resident, a Rasa that is slow, and what it gets."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from bot.dialogue import Reply
from bot.models import Case, CaseReason, Message, MessageKind
from bot.services import conversation, turns
from bot.services.messages import Incoming
from bot.services.turns import Turn
from bot.settings import Settings, get_settings
from bot.understanding import read
from bot.understanding.labels import Level
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.running import Running, poller, worker
from tests.telling import Teller
from tests.waiting import until

DANGER = "ik wil niet meer leven"
RIET = 11


@pytest.fixture
def riet(sandbox: SandboxClient, people: People) -> int:
    person = sandbox.add_person("Riet")
    people.resident(person)
    return person


@pytest.fixture
def bursts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Messages within 0.8 seconds are one turn."""
    monkeypatch.setenv("BURST_SECONDS", "0.8")
    get_settings.cache_clear()
    return get_settings()


def start(running: Running, sessions: sessionmaker[Session]) -> None:
    running.begin(poller(get_settings(), sessions))
    running.begin(worker(get_settings(), sessions))


def bot_texts(sandbox: SandboxClient, person: int) -> list[str]:
    return [message.text for message in sandbox.messages(person, sender="bot")]


def test_three_messages_in_a_burst_are_one_turn_and_one_reply_n6(
    bursts: Settings,
    running: Running,
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    riet: int,
    rasa: FakeRasa,
) -> None:
    start(running, sessions)
    for part in ("hoi", "ik voel me", "niet zo goed"):
        sandbox.send_text(riet, part)
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    assert [each["message"] for each in rasa.asked] == ["hoi\nik voel me\nniet zo goed"]
    sandbox.send_text(riet, "en nog iets")
    until(lambda: len(rasa.asked) == 2)
    until(lambda: len(bot_texts(sandbox, riet)) == 2)
    with sessions() as session:
        came_in = session.scalars(select(Message).where(Message.direction == "in")).all()
        assert all(message.handled_at for message in came_in)


def test_danger_that_only_the_whole_burst_shows_is_caught_n6_r2(
    bursts: Settings,
    running: Running,
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    riet: int,
) -> None:
    start(running, sessions)
    for part in ("ik ga een eind maken", "aan mijn leven"):
        sandbox.send_text(riet, part)
    assert "112" in sandbox.wait_for_message(riet, contains="113").text
    with sessions() as session:
        assert session.scalars(select(Case)).one().level == Level.CRISIS
    assert len(bot_texts(sandbox, riet)) == 1


def test_danger_in_a_burst_is_answered_before_the_burst_is_over_r2(
    bursts: Settings,
    running: Running,
    sandbox: SandboxClient,
    sessions: sessionmaker[Session],
    riet: int,
    rasa: FakeRasa,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BURST_SECONDS", "30")
    get_settings.cache_clear()
    start(running, sessions)
    sandbox.send_text(riet, "hoi")
    sandbox.send_text(riet, DANGER)
    sandbox.wait_for_message(riet, contains="113", timeout=5)
    assert not rasa.asked


@pytest.mark.usefixtures("praatje")
def test_one_resident_has_one_turn_at_a_time_o7(
    sandbox: SandboxClient, riet: int, rasa: FakeRasa
) -> None:
    rasa.seconds = 0.2
    for number in range(4):
        sandbox.send_text(riet, f"bericht {number}")
        until(lambda: rasa.asked)
    until(lambda: sum(each["message"].count("bericht") for each in rasa.asked) == 4)
    asked = "\n".join(each["message"] for each in rasa.asked)
    assert asked == "\n".join(f"bericht {number}" for number in range(4))
    until(lambda: rasa.together == 0)
    assert rasa.most_together == 1


@pytest.mark.usefixtures("praatje")
def test_a_stuck_rasa_delays_no_answer_to_danger_of_anybody_r2(
    sandbox: SandboxClient,
    people: People,
    riet: int,
    rasa: FakeRasa,
) -> None:
    rasa.seconds = 60
    others = [sandbox.add_person(f"Bewoner {number}") for number in range(12)]
    for person in others:
        people.resident(person, f"Bewoner {person}")
        sandbox.send_text(person, "goedemorgen")
    sandbox.send_text(riet, "goedemorgen")
    until(lambda: len(rasa.asked) >= 4)  # every place for a turn is taken
    piet = sandbox.add_person("Piet")
    people.resident(piet, "Piet Smit")
    sandbox.send_text(riet, DANGER)
    sandbox.send_text(piet, DANGER)
    sandbox.wait_for_message(riet, contains="113", timeout=3)
    sandbox.wait_for_message(piet, contains="113", timeout=3)


@pytest.mark.usefixtures("praatje")
def test_an_answer_of_rasa_that_danger_overtook_is_not_sent_r2(
    sandbox: SandboxClient, riet: int, rasa: FakeRasa
) -> None:
    rasa.seconds = 1
    sandbox.send_text(riet, "goedemorgen")
    until(lambda: rasa.asked)
    sandbox.send_text(riet, DANGER)
    sandbox.wait_for_message(riet, contains="113", timeout=3)
    until(lambda: rasa.trackers)
    sandbox.send_text(riet, "ben je er nog?")
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    assert len(bot_texts(sandbox, riet)) == 2


@pytest.mark.usefixtures("praatje")
@pytest.mark.parametrize("answer", [{"text": None}, {"custom": {"praatje": "action_failed"}}])
def test_an_action_that_failed_gives_the_safe_text_and_a_task_n9(
    sandbox: SandboxClient,
    riet: int,
    rasa: FakeRasa,
    sessions: sessionmaker[Session],
    answer: dict[str, Any],
) -> None:
    rasa.default = [answer]
    sandbox.send_text(riet, "goedemorgen")
    assert "112" in sandbox.wait_for_message(riet, contains="Een coördinator kijkt ernaar").text
    with sessions() as session:
        case = session.scalars(select(Case)).one()
        assert {cause.reason for cause in case.causes} == {CaseReason.UNANSWERED}


@pytest.mark.usefixtures("praatje")
def test_a_crisis_that_the_dialogue_sees_gives_the_reviewed_text_r1(
    sandbox: SandboxClient, riet: int, rasa: FakeRasa, sessions: sessionmaker[Session]
) -> None:
    rasa.default = [{"text": "niet dit"}, {"custom": {"praatje": turns.CRISIS_SIGN}}]
    sandbox.send_text(riet, "goedemorgen")
    sandbox.wait_for_message(riet, contains="113")
    assert len(bot_texts(sandbox, riet)) == 1
    with sessions() as session:
        assert session.scalars(select(Case)).one().level == Level.CRISIS


@pytest.mark.usefixtures("praatje")
@pytest.mark.parametrize("body", [[], {}, {"intent": None}, "ok"])
def test_an_answer_of_another_shape_is_no_answer_n9(
    sandbox: SandboxClient, riet: int, rasa: FakeRasa, body: object
) -> None:
    rasa.understood = body
    sandbox.send_text(riet, "goedemorgen")
    sandbox.wait_for_message(riet, contains="Een coördinator kijkt ernaar")


@pytest.mark.parametrize("said", ["/restart", "//restart", "/ /restart", "/\u00a0/restart", " /x"])
def test_what_somebody_types_never_triggers_an_intent(
    people: People, sessions: sessionmaker[Session], now: datetime, said: str
) -> None:
    """Rasa strips white space before it looks for a slash, and so does this."""
    people.resident(RIET, now=now)
    riet = Teller(sessions, RIET, now)
    riet.says(said, kind=MessageKind.PHOTO, file_id="f")
    with sessions.begin() as session:
        turn = turns.begin(session, riet.inbox()[-1].id, now)
    assert turn is not None
    assert not turn.text.strip().startswith("/")
    assert not turn.is_payload


def test_a_turn_that_was_concluded_is_not_concluded_again(
    people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    people.resident(RIET, now=now)
    riet = Teller(sessions, RIET, now)
    riet.says("goedemorgen")
    with sessions.begin() as session:
        turn = turns.begin(session, riet.inbox()[0].id, now)
    assert turn is not None
    for _ in range(2):
        with sessions.begin() as session:
            turns.conclude(session, turn, [Reply("Dag!")], None, now)
    assert [message.text for message in riet.outbox()] == ["Dag!"]


def test_what_was_written_after_a_turn_died_is_a_turn_of_its_own_o7(
    people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    """Rasa may have answered the first: it must not hear the same words again with the second."""
    people.resident(RIET, now=now)
    riet = Teller(sessions, RIET, now)

    def begin(number: int) -> Turn | None:
        with sessions.begin() as session:
            return turns.begin(session, riet.inbox()[number].id, now + timedelta(seconds=number))

    riet.says("eerste")
    riet.says("tweede")
    first = begin(1)
    assert first is not None
    assert first.text == "eerste\ntweede"
    riet.says("derde")
    again = begin(2)
    assert again is not None
    assert again.message_ids == first.message_ids
    assert again.begun_before
    with sessions.begin() as session:
        turns.conclude(session, again, [Reply("Dag!")], None, now)
    third = begin(2)
    assert third is not None
    assert (third.text, third.begun_before) == ("derde", False)


def test_a_row_and_its_job_live_or_die_together(
    people: People, sessions: sessionmaker[Session], now: datetime
) -> None:
    people.resident(RIET, now=now)
    with sessions() as session:
        conversation.receive(session, Incoming(RIET, 5, text=DANGER), read(DANGER), now)
        conversation.receive(session, Incoming(RIET, 6, text="dag"), read("dag"), now)
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2
        session.rollback()
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
        assert session.scalars(select(Message)).all() == []
        assert session.scalars(select(Case)).all() == []
