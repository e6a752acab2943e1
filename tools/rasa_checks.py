"""Checks Rasa's files (`validate`) and the conversations in tests/conversations/ (`test`).

Rasa's exit codes do not suffice: it is content with no conversation at all, and without `--e2e` it
takes the intents in a conversation for granted and never reads the resident's words.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.place import Place
from tools.running import Failure, say
from tools.steps import RASA_SETTINGS, rasa_command

CONVERSATIONS = "tests/conversations"


def validate(place: Place) -> str:
    """Return what was found; Failure on any fault or contradiction, also the small ones."""
    command = rasa_command(place, "data", "validate", "--fail-on-warnings", "--data", "data")
    advice = "correct the Rasa file that the log names."
    place.run("rasa-validate", command, advice=advice, **RASA_SETTINGS)
    return "no faults in Rasa's files"


def test(place: Place) -> str:
    """Return how many conversations went as written, words and actions; Failure otherwise."""
    results = place.var / "rasa-test"
    shutil.rmtree(results, ignore_errors=True)
    command = rasa_command(
        place,
        *("test", "core", "--e2e", "--fail-on-prediction-errors"),
        *("--model", "var/models", "--stories", CONVERSATIONS, "--out", str(results)),
    )
    advice = "the end of the log shows the conversation and what was predicted."
    place.run("rasa-test", command, advice=advice, **RASA_SETTINGS)
    log = place.log("rasa-test").read_text(encoding="utf-8", errors="replace")
    right, played = re.findall(r"Correct:\s+(\d+) / (\d+)", log)[-1]
    if played == "0":
        raise Failure(f"{CONVERSATIONS} holds no conversation; its files are named test_*.yml.")
    return f"{right} of {played} conversations went as written"


def main() -> int:
    """Run the check that is named."""
    place = Place(Path(__file__).resolve().parent.parent, os.environ)
    check = {"validate": validate, "test": test}[sys.argv[1]]
    place.log("rasa").parent.mkdir(parents=True, exist_ok=True)
    try:
        place.log(f"rasa-{sys.argv[1]}").write_bytes(b"")
        say(check(place))
    except Failure as failure:
        say(f"FAILED {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
