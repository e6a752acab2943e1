"""What Praatje answered in the past of the demo: the texts that the real dialogue says."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any

from ruamel.yaml import YAML

from bot.demo.cast import Said
from bot.dialogue import Choice, Reply
from bot.models import AddressForm
from bot.services.texts import DATA

QUESTIONS = ("how_are_you", "on_your_mind", "looking_ahead")
HEAVY = frozenset({"mood_bad", "share_loneliness", "share_loss"})


@cache
def _responses() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    found: dict[str, Any] = {}
    for file in sorted((DATA / "responses").glob("*.yml")):
        found |= YAML(typ="safe").load(file)["responses"]
    return found


class Speaker:
    """Says the responses of the dialogue, taking variations in turn instead of at random."""

    def __init__(self, form: AddressForm, call_name: str | None) -> None:
        self._form = form
        self._call_name = call_name
        self._turns = count()

    def _utter(self, name: str) -> Reply:
        """One variation of a response, of those for this form where there are any."""
        variations = _responses()[name]
        je = self._form == AddressForm.JE
        fitting = [each for each in variations if ("condition" in each) == je] or variations
        chosen = fitting[next(self._turns) % len(fitting)]
        salutation = f"Dag {self._call_name}" if self._call_name else "Goedendag"
        return Reply(
            text=str(chosen["text"]).replace("{salutation}", salutation),
            choices=tuple(
                Choice(button["title"], button["payload"]) for button in chosen.get("buttons", ())
            ),
        )

    def opening(self) -> list[Reply]:
        """The greeting and the first question of a check-in."""
        return [self._utter("utter_check_in_greeting"), self._utter(f"utter_ask_{QUESTIONS[0]}")]

    def after_answer(self, answers: Sequence[Said]) -> list[Reply]:
        """A few words after the last of the answers so far, then the next question or the end."""
        intent = answers[-1].intent
        known = f"utter_reflect_{intent}"
        reflection = self._utter(known if known in _responses() else "utter_reflect_other")
        if len(answers) < len(QUESTIONS):
            return [reflection, self._utter(f"utter_ask_{QUESTIONS[len(answers)]}")]
        heavy = HEAVY & {answer.intent for answer in answers}
        return [reflection, self._utter(f"utter_close_check_in{'_offer' if heavy else ''}")]

    def to_talk(self, intent: str) -> list[Reply]:
        """The answer outside a check-in."""
        passed_on = f"utter_pass_on_{intent}"
        return [self._utter(passed_on if passed_on in _responses() else f"utter_{intent}")]

    def declined(self) -> list[Reply]:
        """The answer to no, to the offer of a person."""
        return [self._utter("utter_offer_declined")]
