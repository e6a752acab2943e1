"""Somebody blocks the bot or their account goes: seen at once, nothing sent, a person looks."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.models import Case, CaseReason, CheckIn, CheckInState, Message
from bot.services import check_ins, messages
from bot.understanding.labels import Level
from sandbox.client import SandboxClient
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.running import Running
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("praatje")


def the_case(sessions: sessionmaker[Session]) -> Case | None:
    with sessions() as session:
        case = session.scalar(select(Case))
        if case is not None:
            _ = [cause.message and cause.message.text for cause in case.causes]
        return case


def words(case: Case | None) -> list[str]:
    assert case is not None
    return sorted(cause.message.text for cause in case.causes if cause.message)


def test_a_block_is_seen_within_five_seconds_and_nothing_is_asked_any_more_t3_t4(
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    for number in range(5):
        sandbox.send_text(riet, f"bericht {number}")
        sandbox.wait_for_message(riet, after=sandbox.last_message_id(riet))
    sandbox.block(riet)
    until(lambda: people.chat(riet).blocked_at, seconds=5)
    assert people.chat(riet).unreachable_reason == "blocked"
    case = the_case(sessions)
    assert words(case) == ["bericht 2", "bericht 3", "bericht 4"]
    assert case is not None
    assert {cause.reason for cause in case.causes} == {CaseReason.BLOCKED}
    assert case.level == Level.NONE
    last = sandbox.last_call()
    with sessions.begin() as session:
        assert check_ins.claim_due(session, clock.now() + timedelta(days=2)) == 1
    with sessions() as session:
        until(lambda: session.scalars(select(CheckIn.state)).all() == [CheckInState.NOT_ASKED])
    assert rasa.opened == []
    assert not sandbox.calls(method="sendMessage", after=last)


def test_unblocking_brings_everything_back_t3(
    sandbox: SandboxClient, people: People, sessions: sessionmaker[Session]
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    sandbox.block(riet)
    until(lambda: people.chat(riet).blocked_at)
    sandbox.unblock(riet)
    until(lambda: people.chat(riet).blocked_at is None)
    with sessions.begin() as session:
        check_ins.claim_due(session, clock.now() + timedelta(days=2))
    sandbox.wait_for_message(riet, contains="Hoe gaat het met u?")


@pytest.mark.parametrize(
    ("how", "reason"), [("deactivate", "deactivated"), ("delete_person", "not_found")]
)
def test_an_account_that_is_gone_is_a_task_with_the_last_three_messages_t4(
    praatje: Running,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    how: str,
    reason: str,
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    for number in range(4):
        sandbox.send_text(riet, f"bericht {number}")
        sandbox.wait_for_message(riet, after=sandbox.last_message_id(riet))
    getattr(sandbox, how)(riet)
    with sessions.begin() as session:
        check_ins.claim_due(session, clock.now() + timedelta(days=2))
    until(lambda: people.chat(riet).unreachable_reason == reason)
    assert words(the_case(sessions)) == ["bericht 1", "bericht 2", "bericht 3"]


def test_a_stranger_who_blocks_is_no_task(
    sandbox: SandboxClient, people: People, sessions: sessionmaker[Session]
) -> None:
    unknown = sandbox.add_person("Onbekend")
    sandbox.send_text(unknown, "dag")
    sandbox.wait_for_message(unknown)
    sandbox.block(unknown)
    until(lambda: people.chat(unknown).blocked_at)
    assert the_case(sessions) is None


def test_a_block_heard_twice_is_one_cause_t4(
    sandbox: SandboxClient, people: People, sessions: sessionmaker[Session]
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    sandbox.block(riet)
    until(lambda: people.chat(riet).blocked_at)
    with sessions.begin() as session:
        queued = messages.queue_message(
            session,
            messages.chat_of(session, riet, clock.now()),
            "dag",
            messages.Purpose.REPLY,
            clock.now(),
        )
    with sessions() as session:
        until(lambda: session.get_one(Message, queued.id, populate_existing=True).send_error)
        assert len(session.scalars(select(Case)).one().causes) == 1
