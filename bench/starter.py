"""The stock project in the manner of `rasa init`: our intents, one response each, no actions.

Pure: Rasa's files as text in, Rasa's files as text out.
"""

import json
import re
from collections.abc import Mapping, Sequence

RULED = ("goodbye", "ask_identity")
"""The starter has two rules: to say goodbye and "I am a bot"."""

NO_TEXT = "Dank u. Vertel gerust verder."
"""For intents that ours answers in an action."""

_RESPONSE = re.compile(r'^ +utter_(\w+):\n +- text: "(.+)"$', re.MULTILINE)
_VERSION = 'version: "3.1"\n'


def intents(messages: str) -> list[str]:
    """The intents that JSON lines of messages have, in order."""
    return list(dict.fromkeys(json.loads(line)["intent"] for line in messages.splitlines()))


def responses(written: str) -> dict[str, str]:
    """The first text of every response, by its name without `utter_`."""
    return dict(_RESPONSE.findall(written))


def domain(names: Sequence[str], texts: Mapping[str, str]) -> str:
    """The starter's domain, with its session settings; a text of ours where there is one."""
    said = {name: texts.get(name) or texts.get(f"pass_on_{name}") or NO_TEXT for name in names}
    lines = [
        "intents:",
        *(f"- {name}" for name in names),
        "responses:",
        *(f"  utter_{name}: [{{text: {_quoted(text)}}}]" for name, text in said.items()),
        "session_config:",
        "  session_expiration_time: 60",
        "  carry_over_slots_to_new_session: true",
    ]
    return _VERSION + "\n".join(lines) + "\n"


def rules(names: Sequence[str]) -> str:
    """The starter's two rules."""
    ruled = [_path("rule", f"{name} at any time", [name]) for name in names if name in RULED]
    return _VERSION + "rules:\n" + "".join(ruled)


def stories(names: Sequence[str]) -> str:
    """A path for every other intent, alone and after a greeting, as the starter's paths begin."""
    told = [name for name in names if name not in RULED]
    alone = [_path("story", name, [name]) for name in told]
    greeted = [_path("story", f"{name} after a greeting", ["greet", name]) for name in told]
    return _VERSION + "stories:\n" + "".join([*alone, *greeted])


def _path(kind: str, title: str, names: Sequence[str]) -> str:
    steps = "".join(f"  - intent: {name}\n  - action: utter_{name}\n" for name in names)
    return f"- {kind}: {title}\n  steps:\n{steps}"


def _quoted(text: str) -> str:
    """A JSON string, which YAML reads alike."""
    return json.dumps(text, ensure_ascii=False)
