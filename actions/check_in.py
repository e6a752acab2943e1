"""The check-in: opened, each answer kept and reflected on, closed."""

import re

from rasa_sdk.events import (
    ActionExecuted,
    ActiveLoop,
    FollowupAction,
    SessionStarted,
    SlotSet,
)

from actions.base import Event, PraatjeAction, Turn
from bot.models import CaseReason
from bot.services import cases, check_ins, residents
from bot.understanding.labels import Level

FORM = "check_in_form"
QUESTIONS = ("how_are_you", "on_your_mind", "looking_ahead")
MAX_MISSES = 3
REFLECTED = frozenset(
    {
        "mood_good",
        "mood_neutral",
        "mood_bad",
        "share_loneliness",
        "share_loss",
        "share_contact",
        "share_health",
        "share_worry",
        "unsure",
        "deny",
    }
)
PERSON_MAY_HELP = frozenset({"mood_bad", "share_loneliness", "share_loss"})
_SOMETHING = re.compile(r"[^\W_]|[\U0001F300-\U0001FAFF☹☺❤]")
"""A letter, a digit or an emoji: less than that is no answer."""


def _complete(turn: Turn) -> list[Event]:
    """The check-in is over, whether or not the form was filled."""
    if check_in_id := turn.slots.get("check_in_id"):
        check_ins.complete(turn.session, check_in_id, turn.now)
    return [SlotSet("check_in_id", None)]


class SessionStart(PraatjeAction):
    """Begins a conversation afresh: nothing is carried over but how the resident is addressed."""

    action_name = "action_session_start"

    def act(self, turn: Turn) -> list[Event]:
        resident = residents.get_resident(turn.session, turn.resident_id)
        address = [SlotSet("address_form", resident.address_form.value)] if resident else []
        return [SessionStarted(), *address, ActionExecuted("action_listen")]


class OpenCheckIn(PraatjeAction):
    """Begins a check-in in a session of its own.

    Rasa loads the events since the last session began, so a tracker stays as long as one check-in
    and the talk after it, however many years somebody takes part (row N10).
    """

    action_name = "action_open_check_in"

    def act(self, turn: Turn) -> list[Event]:
        resident = turn.resident()
        check_in = check_ins.get_open(turn.session, resident.id)
        salutation = f"Dag {resident.call_name}" if resident.call_name else "Goedendag"
        turn.say("utter_check_in_greeting", salutation=salutation)
        return [
            SessionStarted(),
            SlotSet("address_form", resident.address_form.value),
            SlotSet("check_in_id", check_in.id if check_in else None),
            # The new session has forgotten the intent, so the rule cannot lead on to the form.
            FollowupAction(FORM),
        ]


class ValidateCheckIn(PraatjeAction):
    """Keeps an answer and says a few words that fit; asks again when it says nothing (N3)."""

    action_name = f"validate_{FORM}"

    def act(self, turn: Turn) -> list[Event]:
        question = turn.slots.get("requested_slot")
        if question not in QUESTIONS or question not in turn.answers:
            return []
        if turn.intent == "out_of_scope" or not _SOMETHING.search(turn.text):
            return _missed(turn, question)
        if check_in_id := turn.slots.get("check_in_id"):
            check_ins.record_answer(turn.session, check_in_id, question, turn.message_id, turn.now)
        kind = turn.intent if turn.intent in REFLECTED else "other"
        turn.say(f"utter_reflect_{kind}")
        return [SlotSet(question, turn.intent)]


def _missed(turn: Turn, question: str) -> list[Event]:
    misses = int(turn.slots.get("check_in_misses") or 0) + 1
    events = [SlotSet(question, None), SlotSet("check_in_misses", misses)]
    if misses < MAX_MISSES:
        turn.dispatcher.utter_message(
            response="utter_check_in_explain" if misses == 1 else "utter_check_in_again"
        )
        return events
    cases.open_or_raise(
        turn.session,
        turn.resident(),
        level=Level.NONE,
        reason=CaseReason.UNANSWERED,
        message_ids=turn.message_ids,
        now=turn.now,
    )
    return [*events, SlotSet("requested_slot", None)]


class CloseCheckIn(PraatjeAction):
    """Ends a check-in kindly; offers a person to somebody who told of something heavy."""

    action_name = "action_close_check_in"

    def act(self, turn: Turn) -> list[Event]:
        over = _complete(turn)
        told = {turn.slots.get(question) for question in QUESTIONS}
        if turn.slots.get("check_in_misses") == MAX_MISSES:
            turn.say("utter_check_in_stuck")
        elif told & PERSON_MAY_HELP:
            turn.say("utter_close_check_in_offer")
            return [*over, SlotSet("offer", "human"), SlotSet("human_offered", True)]
        else:
            turn.say("utter_close_check_in")
        return over


class LeaveCheckIn(PraatjeAction):
    """Leaves a check-in half-way, because the resident wants something else or says goodbye."""

    action_name = "action_leave_check_in"

    def act(self, turn: Turn) -> list[Event]:
        if turn.intent == "goodbye":
            turn.say("utter_close_check_in_early")
        return [
            *_complete(turn),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
        ]
