"""One resident's part in the past of the demo: enrolment, check-ins, and whatever else happened."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.demo.cast import MISSED, NOT_ASKED, Asked, Moment, Player, Said
from bot.demo.stage import Stage
from bot.demo.timeline import check_in_moments, enrolment_moment, moment_of
from bot.demo.words import QUESTIONS, Speaker
from bot.dialogue import Reply, Understood
from bot.models import (
    Case,
    CaseReason,
    CheckIn,
    CheckInState,
    Message,
    Outcome,
    Resident,
    Verdict,
)
from bot.services import (
    cases,
    check_ins,
    conversation,
    handovers,
    residents,
    review,
    turns,
)
from bot.services.audit import Actor
from bot.services.texts import render
from bot.understanding.labels import Level

SURE = 0.94
"""How sure Rasa was of every intent."""

MISSED_AFTER = timedelta(minutes=481)
NOT_ASKED_AFTER = timedelta(minutes=181)
"""A minute after the bounds in data/deadlines.toml."""

NOTICE = timedelta(days=3)
"""How long before a resident opened their link they were registered."""

Act = Callable[[datetime], None]


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
        """Do what a moment of the cast says: its keys are the methods below."""
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
