"""What a resident asks for: a person, an explanation, a task for a coordinator, a pause, an end."""

from rasa_sdk.events import SlotSet

from actions.base import Event, PraatjeAction, Turn
from bot.models import CaseReason
from bot.services import cases, residents
from bot.services.conversation import PAUSE_WEEKS
from bot.services.texts import render
from bot.understanding.labels import Level


class OfferHuman(PraatjeAction):
    """Listens to loneliness or loss, and offers a person once in a conversation."""

    action_name = "action_offer_human"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slots.get("human_offered"):
            turn.say(f"utter_reflect_{turn.intent}")
            return []
        turn.say(f"utter_{turn.intent}")
        return [SlotSet("offer", "human"), SlotSet("human_offered", True)]


class RequestHuman(PraatjeAction):
    """Passes on that a resident wants to talk with a person; promises no time."""

    action_name = "action_request_human"

    def act(self, turn: Turn) -> list[Event]:
        resident = turn.resident()
        _tell_coordinator(turn, CaseReason.ASK_HUMAN)
        turn.show(render("always.human", resident.address_form))
        return [SlotSet("offer", "nothing")]


class PassOn(PraatjeAction):
    """Passes on what only a coordinator can do; the intent is the reason."""

    action_name = "action_pass_on"

    def act(self, turn: Turn) -> list[Event]:
        reason = CaseReason(turn.intent)
        _tell_coordinator(turn, reason)
        turn.say(f"utter_pass_on_{reason}")
        return []


def _tell_coordinator(turn: Turn, reason: CaseReason) -> None:
    """A case for a person to look at. How urgent it is the worker reads in the words themselves."""
    cases.open_or_raise(
        turn.session,
        turn.resident(),
        level=Level.NONE,
        reason=reason,
        message_ids=turn.message_ids,
        now=turn.now,
    )


class PassOnCrisis(PraatjeAction):
    """Tells the worker of danger: it sends the reviewed text with numbers and alerts a person."""

    action_name = "action_pass_on_crisis"

    def act(self, turn: Turn) -> list[Event]:
        turn.sign("crisis")
        return []


class Explain(PraatjeAction):
    """Says how Praatje works or what happens with words, in the text of /help and /privacy."""

    action_name = "action_explain"

    def act(self, turn: Turn) -> list[Event]:
        form = turn.resident().address_form
        key = "always.privacy" if turn.intent == "ask_privacy" else "always.help"
        turn.show(render(key, form))
        return []


class Pause(PraatjeAction):
    """Asks for how long; the gateway itself takes the press of these buttons, as after /pauze."""

    action_name = "action_pause"

    def act(self, turn: Turn) -> list[Event]:
        form = turn.resident().address_form
        buttons = [
            {"title": f"{weeks} {'week' if weeks == 1 else 'weken'}", "payload": f"pause:{weeks}"}
            for weeks in PAUSE_WEEKS
        ]
        turn.show(render("always.pause_how_long", form), buttons=buttons)
        return []


class OptOut(PraatjeAction):
    """Asks once whether somebody wants to stop for good, then stops."""

    action_name = "action_opt_out"

    def act(self, turn: Turn) -> list[Event]:
        if "confirmed" not in turn.entities and turn.intent != "affirm":
            turn.say("utter_opt_out_confirm")
            return [SlotSet("offer", "opt_out")]
        resident = turn.resident()
        residents.stop(turn.session, resident, turn.now)
        turn.show(render("always.stopped", resident.address_form))
        return [SlotSet("offer", "nothing")]
