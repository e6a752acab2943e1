"""Not understood: suggest what may have been meant, and in the end offer a person (row N4)."""

from rasa_sdk.events import SlotSet

from actions.base import Event, PraatjeAction, Turn

SUGGESTIONS = 2
PLAIN_WORDS = {
    "mood_good": "Het gaat goed",
    "mood_neutral": "Het gaat zo zijn gangetje",
    "mood_bad": "Het gaat niet goed",
    "share_loneliness": "Ik mis mensen om me heen",
    "share_loss": "Ik mis iemand die er niet meer is",
    "share_contact": "Ik had contact met anderen",
    "share_health": "Er is iets met mijn gezondheid",
    "share_worry": "Ik heb zorgen",
    "ask_human": "Ik wil met een mens praten",
    "ask_activity": "Ik wil iets doen of mensen ontmoeten",
    "ask_practical_help": "Ik heb ergens hulp bij nodig",
    "ask_identity": "Wie bent u?",
    "ask_privacy": "Wat gebeurt er met wat ik schrijf?",
    "ask_help": "Hoe werkt dit?",
    "change_schedule": "Ik wil de vragen op een ander moment",
    "pause": "Ik wil een pauze",
    "opt_out": "Ik wil stoppen",
    "delete_data": "Ik wil mijn gegevens zien of laten wissen",
    "report_other": "Ik maak me zorgen om iemand anders",
    "offer_volunteering": "Ik wil anderen helpen",
    "complain": "Ik ben ergens niet blij mee",
}
"""What a resident would say, by intent. What is not in here is not worth a question."""


class Suggest(PraatjeAction):
    """Shows the likeliest intents as buttons; danger is never asked about, but passed on."""

    action_name = "action_default_ask_affirmation"

    def act(self, turn: Turn) -> list[Event]:
        likely = [intent for intent in turn.ranking if intent != "nlu_fallback"]
        if likely[:1] == ["crisis"]:
            turn.sign("crisis")
            return []
        suggested = [intent for intent in likely if intent in PLAIN_WORDS][:SUGGESTIONS]
        buttons = [{"title": PLAIN_WORDS[each], "payload": f"/{each}"} for each in suggested]
        buttons.append({"title": "Iets anders", "payload": "/out_of_scope"})
        turn.say("utter_suggest", buttons=buttons)
        return []


class GiveUp(PraatjeAction):
    """Owns up that it does not understand, and offers a person."""

    action_name = "action_default_fallback"

    def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_give_up")
        return [SlotSet("offer", "human"), SlotSet("human_offered", True)]
