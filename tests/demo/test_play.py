"""What stands in the database after the demo was filled: what a newcomer will look at."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from bot.demo import cast, phones, play, tour
from bot.demo.place import Place
from bot.models import (
    AuditEntry,
    Case,
    CaseReason,
    CheckIn,
    CheckInState,
    Direction,
    Message,
    MessageFinding,
    Municipality,
    Outcome,
    Resident,
    ResidentStatus,
    Schedule,
    SendState,
)
from bot.services import log_in, staff
from bot.understanding.labels import Level
from sandbox.clock import SandboxClock
from sandbox.persistence import restore
from sandbox.state import State
from tests.demo.conftest import NOW

Played = sessionmaker[Session]


def test_nothing_of_the_past_is_left_to_send_or_to_do(played: Played) -> None:
    with played() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
        states = session.scalars(
            select(Message.send_state).where(Message.direction == Direction.OUT).distinct()
        )
        assert set(states) == {SendState.SENT}
        waiting = select(func.count()).where(
            Message.direction == Direction.IN, Message.handled_at.is_(None)
        )
        assert session.scalar(waiting) == 0
        assert session.scalars(select(func.max(Message.created_at))).one() < NOW


def test_residents_are_in_every_state_that_a_coordinator_meets(played: Played) -> None:
    with played() as session:
        found = Counter(session.scalars(select(Resident.status)))
        assert found[ResidentStatus.ACTIVE] >= 7
        assert {
            status: found[status]
            for status in (ResidentStatus.INVITED, ResidentStatus.PAUSED, ResidentStatus.STOPPED)
        } == {ResidentStatus.INVITED: 2, ResidentStatus.PAUSED: 1, ResidentStatus.STOPPED: 1}
        blocked = [each for each in session.scalars(select(Resident)) if _blocked(each)]
        assert len(blocked) == 1


def _blocked(resident: Resident) -> bool:
    return resident.chat is not None and resident.chat.blocked_at is not None


def test_check_ins_ended_in_every_way_s11(played: Played) -> None:
    with played() as session:
        found = Counter(
            tuple(row) for row in session.execute(select(CheckIn.state, CheckIn.state_reason))
        )
        assert found[CheckInState.COMPLETED, None] > 30
        assert found[CheckInState.MISSED, "geen antwoord"] > 5
        assert found[CheckInState.NOT_ASKED, "storing"] == 2
        assert found[CheckInState.NOT_ASKED, "niet bereikbaar"] >= 1


def test_the_open_cases_are_a_concern_an_urgent_and_a_block(played: Played) -> None:
    with played() as session:
        found = session.scalars(select(Case).where(Case.closed_at.is_(None))).all()
        assert Counter(case.level for case in found) == {
            Level.CONCERN: 1,
            Level.URGENT: 1,
            Level.NONE: 1,
        }
        (urgent,) = (case for case in found if case.level == Level.URGENT)
        assert urgent.deadline_at > NOW
        (blocked,) = (case for case in found if case.level == Level.NONE)
        assert {cause.reason for cause in blocked.causes} == {CaseReason.BLOCKED}


def test_the_crisis_of_yesterday_was_answered_handed_over_and_closed(played: Played) -> None:
    with played() as session:
        crisis = session.scalars(select(Case).where(Case.level == Level.CRISIS)).one()
        assert (crisis.outcome, len(crisis.notes)) == (Outcome.REFERRED, 2)
        assert [handover.resident_told for handover in crisis.handovers] == [True]
        actions = session.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.subject_kind == "case", AuditEntry.subject_id == str(crisis.id))
            .order_by(AuditEntry.id)
        ).all()
        assert list(actions) == [
            "case.opened", "conversation.read", "case.noted", "case.noted", "case.closed",
        ]  # fmt: skip
        shown = crisis.causes[0].message
        assert shown is not None
        answer = session.scalars(select(Message).where(Message.in_reply_to_id == shown.id)).one()
        assert "Dit is geen noodhulp" in answer.text or "dit is geen noodhulp" in answer.text


def test_every_finding_is_the_readers_own_r8(played: Played) -> None:
    with played() as session:
        findings = session.execute(
            select(MessageFinding, Message).join(Message, Message.id == MessageFinding.message_id)
        ).all()
        spans = [message.text[found.start : found.end] for found, message in findings]
        assert len(spans) > 15
        assert all(spans)


def test_the_next_check_in_of_all_is_the_first_one_of_the_tour(
    played: Played, players: cast.Cast
) -> None:
    with played() as session:
        due = session.execute(
            select(Schedule.next_due_at, Schedule)
            .where(Schedule.next_due_at.is_not(None))
            .order_by(Schedule.next_due_at)
        ).all()
        moments = [(moment, schedule.resident.name) for moment, schedule in due]
        assert moments[0][0] is not None
        assert moments[0][0] > NOW
        (first,) = (player.name for player in players.residents if player.first)
        assert moments[0][1] == first
        assert moments[1][0] != moments[0][0]


def test_the_log_in_works(played: Played, players: cast.Cast) -> None:
    with played() as session:
        coordinator = staff.coordinator_by_email(session, players.email)
        assert log_in.password_fits(coordinator, players.password)


def test_everybody_has_their_own_chats_on_their_telephone(
    played: Played, players: cast.Cast, tmp_path: Path
) -> None:
    file = tmp_path / "sandbox.json"
    with played() as session:
        phones.write(file, session, players, "1:x", "praatje_bot")
        shown = select(func.count()).where(Message.kind != "button")
        stored = session.scalars(shown).one()
    state = State("1:x", SandboxClock(), "praatje_bot")
    restore(state, json.loads(file.read_text()))
    assert len(state.people) == 17
    chats = {person: list(state.views(person)) for person in state.people}
    assert sum(map(len, chats.values())) == stored
    for chat in chats.values():
        ids = [message["message_id"] for message in chat]
        assert ids == sorted(set(ids))
        assert [message["date"] for message in chat] == sorted(m["date"] for m in chat)
    assert not state.people[players.fresh.telegram_id].started
    assert sum(person.blocked for person in state.people.values()) == 1
    assert state.next_message_id > max(m["message_id"] for chat in chats.values() for m in chat)


def test_the_tour_names_who_is_next_and_gives_a_link_that_works_once(
    played: Played, players: cast.Cast
) -> None:
    place = Place.of({"CONSOLE_PORT": "18080", "SANDBOX_URL": "http://127.0.0.1:18081"})
    with played() as session:
        said = tour.write(session, players, place, NOW)
        (first,) = (player for player in players.residents if player.first)
        assert f"{first.name}'s telephone: http://127.0.0.1:18081/?person=20001" in said
        assert "a new case appears" in said
        assert f"?person={players.fresh.telegram_id}&start=" in said
        assert players.email in said
        assert players.password in said
        assert "{" not in said
        session.rollback()


def test_a_filling_that_fails_leaves_nothing(
    sessions: sessionmaker[Session], players: cast.Cast
) -> None:
    wrong = cast.Moment(when={"minutes_ago": 5}, what={"presses": "a button that is not there"})
    kees = next(player for player in players.residents if player.name == "Kees Brouwer")
    few = replace(players, residents=(replace(kees, moments=(*kees.moments, wrong)),))
    with pytest.raises(Exception, match="No row"), sessions.begin() as session:
        play.play(session, few, NOW)
    with sessions() as session:
        assert not play.is_played(session, players)
        assert session.scalar(select(func.count()).select_from(Municipality)) == 0
