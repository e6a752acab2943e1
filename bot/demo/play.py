"""Plays the past of the demo: everything through the services, in the order of time.

What a resident wrote goes the way of a real message, so that findings, cases, alerts and the audit
trail are those that Praatje makes. Only what Rasa and Telegram did is filled in here. It is one
transaction: a demo is filled to the end or not at all, and nothing in it is ever sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.demo.cast import MISSED, NOT_ASKED, Aide, Asked, Cast, Moment, Player, Said
from bot.demo.timeline import check_in_moments, enrolment_moment, moment_of
from bot.demo.words import QUESTIONS, Speaker
from bot.dialogue import Reply, Understood
from bot.models import (
    Button,
    Case,
    CaseReason,
    CheckIn,
    CheckInState,
    Coordinator,
    Helper,
    Message,
    MessageKind,
    Municipality,
    Outcome,
    Resident,
    Schedule,
    SendState,
    Verdict,
)
from bot.recurrence import next_moment
from bot.services import (
    cases,
    check_ins,
    conversation,
    handovers,
    messages,
    residents,
    review,
    staff,
    turns,
)
from bot.services.audit import Actor
from bot.services.messages import Incoming
from bot.services.texts import render
from bot.understanding import read
from bot.understanding.labels import Level

SURE = 0.94
MISSED_AFTER = timedelta(minutes=481)
NOT_ASKED_AFTER = timedelta(minutes=181)
NOTICE = timedelta(days=3)
"""How long before a resident opened their link they were registered."""

FIRST_DUE = timedelta(minutes=10)
"""How long after the first start the tour's first check-in is due."""

Act = Callable[[datetime], None]


@dataclass(slots=True)
class Stage:
    """Who is there already, and what Telegram would count."""

    session: Session
    coordinator: Coordinator
    helpers: dict[str, Helper] = field(default_factory=dict)
    next_message_id: int = 1

    def receive(self, telegram_id: int, now: datetime, words: str = "", **details: Any) -> Message:
        """What somebody wrote or pressed arrives, as it does at the gateway."""
        if "button_token" not in details:
            details["telegram_message_id"] = self.next_message_id
            self.next_message_id += 1
        incoming = Incoming(telegram_id=telegram_id, text=words, sent_at=now, **details)
        message = conversation.receive(self.session, incoming, read(words), now)
        assert message is not None, "every message of the demo is new"
        return message

    def press(self, telegram_id: int, label: str, now: datetime) -> Message:
        """Somebody presses a button under the last message that has one like it."""
        chat = messages.chat_of(self.session, telegram_id, now)
        button, shown = (
            self.session.execute(
                select(Button, Message)
                .join(Message, Message.id == Button.message_id)
                .where(Message.chat_id == chat.id, Button.label == label)
                .where(Button.used_at.is_(None))
                .order_by(Message.id.desc())
                .limit(1)
            )
            .tuples()
            .one()
        )
        return self.receive(
            telegram_id,
            now,
            telegram_message_id=shown.telegram_message_id,
            kind=MessageKind.BUTTON,
            button_token=button.token,
        )

    def link(self, person: Helper | Coordinator | Resident, telegram_id: int, now: datetime) -> str:
        """Somebody opens the link with which they were invited."""
        token = residents.invite(self.session, person, now - timedelta(hours=2))
        self.session.flush()
        self.receive(telegram_id, now, f"/start {token}")
        return token

    def deliver(self, now: datetime) -> None:
        """Everything that was queued reached its chat."""
        queued = select(Message).where(Message.send_state == SendState.QUEUED).order_by(Message.id)
        for message in self.session.scalars(queued):
            message.send_state, message.sent_at, message.attempts = SendState.SENT, now, 1
            message.telegram_message_id = self.next_message_id
            self.next_message_id += 1


class Part:
    """One resident's part: their check-ins and whatever else happened, as timed acts."""

    def __init__(self, stage: Stage, player: Player, now: datetime) -> None:
        self._stage = stage
        self._session = stage.session
        self._player = player
        self._now = now
        self._speaker = Speaker(player.form, player.call_name)
        self._check_ins = check_in_moments(player, now)
        self._enrolled_at = enrolment_moment(player, self._check_ins, now)
        self._resident: Resident

    def acts(self) -> list[tuple[datetime, Act]]:
        """All of it; not in order."""
        acts: list[tuple[datetime, Act]] = [(self._enrolled_at - NOTICE, self._register)]
        if self._player.enrolment != "invited":
            acts.append((self._enrolled_at, self._open_link))
        if self._player.enrolment == "complete":
            acts.append((self._enrolled_at + timedelta(minutes=4), self._consent))
            acts.append((self._enrolled_at + timedelta(minutes=6), self._choose_time))
        for moment, asked in zip(self._check_ins, self._player.check_ins, strict=True):
            acts += self._check_in(moment, asked)
        for each in self._player.moments:
            when = moment_of(each.when, self._check_ins, self._now)
            acts.append((when, partial(self._happen, each)))
        return acts

    # Enrolment

    def _register(self, now: datetime) -> None:
        coordinator = self._stage.coordinator
        self._resident = residents.register(
            self._session,
            coordinator.municipality_id,
            self._player.name,
            now,
            address_form=self._player.form,
            phone=self._player.phone,
            weekdays=self._player.weekdays,
            actor=Actor.of(coordinator),
        )
        self._resident.call_name = self._player.call_name
        if self._player.enrolment == "invited":
            residents.invite(self._session, self._resident, now)

    def _open_link(self, now: datetime) -> None:
        self._stage.link(self._resident, self._player.telegram_id, now)

    def _consent(self, now: datetime) -> None:
        self._stage.press(self._player.telegram_id, render("enrol.yes"), now)

    def _choose_time(self, now: datetime) -> None:
        self._stage.press(self._player.telegram_id, f"{self._player.at:%H:%M} uur", now)

    # Check-ins

    def _check_in(self, moment: datetime, asked: Asked) -> list[tuple[datetime, Act]]:
        if asked == NOT_ASKED:
            return [(moment, claim(self._session)), (moment + NOT_ASKED_AFTER, self._move_on)]
        acts: list[tuple[datetime, Act]] = [(moment, self._ask)]
        said = () if isinstance(asked, str) else asked
        at = moment
        for place, answer in enumerate(said, start=1):
            # People take their time; the same person takes the same time at every start.
            at += timedelta(minutes=3 + (len(answer.text) + 7 * place) % (40 if place == 1 else 6))
            acts.append((at, partial(self._answer, said[:place])))
        if asked == MISSED or len(said) < len(QUESTIONS):
            acts.append((at + MISSED_AFTER, self._move_on))
        return acts

    def _ask(self, now: datetime) -> None:
        claim(self._session)(now)
        due = check_ins.get_open(self._session, self._resident.id)
        assert due is not None, f"{self._player.name} has no check-in at {now}"
        check_ins.ask(self._session, due.id, self._speaker.opening(), now)

    def _move_on(self, now: datetime) -> None:
        if now < self._now:
            check_ins.take_next_steps(self._session, now)

    def _answer(self, said: Sequence[Said], now: datetime) -> None:
        open_one = check_ins.get_open(self._session, self._resident.id)
        assert open_one is not None
        message = self._stage.receive(self._player.telegram_id, now, said[-1].text)
        question = QUESTIONS[len(said) - 1]
        check_ins.record_answer(self._session, open_one.id, question, message.id, now)
        if len(said) == len(QUESTIONS):
            check_ins.complete(self._session, open_one.id, now)
        self._take_turn(message, said[-1].intent, self._speaker.after_answer(said), now)

    def _take_turn(
        self, message: Message, intent: str, replies: list[Reply], now: datetime
    ) -> None:
        """The turn with Rasa, unless the message was answered without."""
        if message.handled_at is not None:
            return
        turn = turns.begin(self._session, message.id, now)
        assert turn is not None
        turns.conclude(self._session, turn, replies, Understood(intent, SURE), now)

    # Whatever else happens

    def _happen(self, moment: Moment, now: datetime) -> None:
        for verb, detail in moment.what.items():
            getattr(self, f"_{verb}")(detail, now)

    def _writes(self, said: Sequence[str], now: datetime) -> None:
        intent, words = said
        message = self._stage.receive(self._player.telegram_id, now, words)
        if message.handled_at is not None:
            return
        if intent == "ask_human":
            self._wants_a_person(message, now)
            return
        if intent in set(CaseReason):
            self._open_case(message, CaseReason(intent), now)
        self._take_turn(message, intent, self._speaker.to_talk(intent), now)

    def _wants_a_person(self, message: Message, now: datetime) -> None:
        self._open_case(message, CaseReason.ASK_HUMAN, now)
        reply = Reply(render("always.human", self._player.form))
        self._take_turn(message, "ask_human", [reply], now)

    def _open_case(self, message: Message, reason: CaseReason, now: datetime) -> None:
        cases.open_or_raise(
            self._session,
            self._resident,
            level=Level.NONE,
            reason=reason,
            message_ids=[message.id],
            now=now,
        )

    def _presses(self, label: str, now: datetime) -> None:
        message = self._stage.press(self._player.telegram_id, label, now)
        if message.payload == "/ask_human":
            self._wants_a_person(message, now)
        elif message.payload == "/deny":
            self._take_turn(message, "deny", self._speaker.declined(), now)

    def _blocks(self, _: bool, now: datetime) -> None:
        conversation.chat_changed(self._session, self._player.telegram_id, True, now)

    def _case(self) -> Case:
        case = review.open_case_of(self._session, self._resident)
        assert case is not None, f"{self._player.name} has no open case"
        return case

    def _reads(self, _: bool, now: datetime) -> None:
        actor = Actor.of(self._stage.coordinator)
        cases.record_reading(self._session, actor, self._case(), now)

    def _notes(self, words: str, now: datetime) -> None:
        cases.add_note(self._session, self._stage.coordinator, self._case(), words, now)

    def _offers(self, helper: str, now: datetime) -> None:
        handovers.offer(
            self._session,
            self._stage.coordinator,
            self._case(),
            self._stage.helpers[helper],
            now,
        )

    def _accepts(self, helper: str, now: datetime) -> None:
        self._answers_offer(helper, "handover.accept", now)

    def _declines(self, helper: str, now: datetime) -> None:
        self._answers_offer(helper, "handover.decline", now)

    def _answers_offer(self, helper: str, key: str, now: datetime) -> None:
        chat = self._stage.helpers[helper].chat
        assert chat is not None
        self._stage.press(int(chat.telegram_id), render(key), now)

    def _closes(self, how: Sequence[str], now: datetime) -> None:
        outcome, verdict = how
        cases.close(
            self._session,
            self._stage.coordinator,
            self._case(),
            Outcome(outcome),
            Verdict(verdict),
            now,
        )


def claim(session: Session) -> Act:
    """What is due is claimed; who cannot be reached is not asked."""

    def act(now: datetime) -> None:
        check_ins.claim_due(session, now)
        for due in session.scalars(select(CheckIn.id).where(CheckIn.state == CheckInState.DUE)):
            check_ins.to_open(session, due, now)

    return act


def is_played(session: Session, cast: Cast) -> bool:
    """Whether the cast is in the database already."""
    named = select(Municipality.id).where(Municipality.name == cast.municipality)
    return session.scalar(named) is not None


def play(session: Session, cast: Cast, now: datetime) -> None:
    """Fill an empty database with all that happened until `now`."""
    acts: list[tuple[datetime, Act]] = []
    stage = _set_stage(session, cast, _begin(cast, now))
    for player in cast.residents:
        acts += Part(stage, player, now).acts()
    for moment, act in sorted(acts, key=lambda timed: timed[0]):
        if moment >= now:
            continue
        act(moment)
        session.flush()
        stage.deliver(moment)
    _rest(session, cast, now)


def _begin(cast: Cast, now: datetime) -> datetime:
    """Some days before the first resident was registered."""
    enrolled = [
        enrolment_moment(player, check_in_moments(player, now), now) for player in cast.residents
    ]
    return min(enrolled) - NOTICE - timedelta(days=4)


def _set_stage(session: Session, cast: Cast, now: datetime) -> Stage:
    place = residents.municipality_named(session, cast.municipality)
    coordinator = staff.add_coordinator(
        session, place.id, cast.coordinator, cast.email, cast.password, now
    )
    stage = Stage(session, coordinator)
    stage.link(coordinator, cast.coordinator_telegram_id, now)
    for aide in cast.helpers:
        stage.helpers[aide.name] = _add_helper(stage, aide, now)
    stage.deliver(now)
    return stage


def _add_helper(stage: Stage, aide: Aide, now: datetime) -> Helper:
    helper = staff.add_helper(
        stage.session,
        stage.coordinator.municipality_id,
        aide.name,
        aide.kind,
        now,
        phone=aide.phone,
        actor=Actor.of(stage.coordinator),
    )
    if aide.linked:
        stage.link(helper, aide.telegram_id, now)
    else:
        residents.invite(stage.session, helper, now)
    return helper


def _rest(session: Session, cast: Cast, now: datetime) -> None:
    """The present: nothing of the past is left to do, and the next check-ins lie ahead."""
    first = {player.name for player in cast.residents if player.first}
    for schedule in session.scalars(select(Schedule).where(Schedule.next_due_at.is_not(None))):
        if schedule.resident.name in first:
            schedule.next_due_at = now.replace(second=0, microsecond=0) + FIRST_DUE
        elif schedule.next_due_at is not None and schedule.next_due_at <= now + FIRST_DUE:
            schedule.next_due_at = next_moment(
                now + FIRST_DUE, schedule.weekdays, schedule.at_time, schedule.time_zone
            )
    session.execute(text("DELETE FROM procrastinate_jobs"))
