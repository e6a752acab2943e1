"""What holds code, data and documents together: a name in one place stands in the others."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor

from bot.models import CaseReason
from bot.services.texts import load
from bot.settings import Settings
from bot.understanding import corpus
from bot.understanding.labels import Level, Signal

ROOT = Path(__file__).parents[1]
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text())
INTENTS = [
    "greet",
    "goodbye",
    "thank",
    "affirm",
    "deny",
    "unsure",
    "mood_good",
    "mood_neutral",
    "mood_bad",
    "share_loneliness",
    "share_loss",
    "share_contact",
    "share_health",
    "share_worry",
    "ask_human",
    "ask_activity",
    "ask_practical_help",
    "ask_identity",
    "ask_privacy",
    "ask_help",
    "change_schedule",
    "pause",
    "opt_out",
    "delete_data",
    "report_other",
    "offer_volunteering",
    "complain",
    "chitchat",
    "crisis",
    "out_of_scope",
]
"""The thirty intents of the project's label list."""


def test_the_domain_has_the_thirty_intents_and_the_trigger_of_a_check_in() -> None:
    assert len(INTENTS) == 30
    named = [next(iter(i)) if isinstance(i, dict) else i for i in DOMAIN["intents"]]
    assert sorted(named) == sorted([*INTENTS, "EXTERNAL_check_in"])


def test_every_intent_has_at_least_two_hundred_different_examples() -> None:
    examples: dict[str, set[str]] = {}
    for message in corpus.read(corpus.FOLDER / "train"):
        examples.setdefault(message.intent, set()).add(message.text.lower())
    assert set(examples) == set(INTENTS)
    assert {intent: len(said) for intent, said in examples.items() if len(said) < 200} == {}


def test_the_actions_of_the_domain_are_those_that_the_action_server_registers() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    asked = {name for name in DOMAIN["actions"] if not name.startswith("utter_")}
    assert set(executor.actions) == asked


def test_signals_and_levels_are_those_of_the_label_list() -> None:
    assert len(Signal) == 19
    assert [level.value for level in Level] == ["none", "concern", "urgent", "crisis"]


def test_every_level_has_a_deadline_and_the_more_urgent_is_the_sooner_r9() -> None:
    deadlines = load("deadlines")["case"]
    minutes = [deadlines[level.value] for level in Level]
    assert minutes == sorted(minutes, reverse=True)


def test_helplines_are_dated_and_sourced_r5() -> None:
    for key, line in tomllib.loads((ROOT / "data" / "helplines.toml").read_text()).items():
        assert isinstance(line["checked"], date), key
        assert line["source"], key
        assert line["number"], key


def test_every_setting_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    missing = [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in readme]
    assert missing == []


def test_every_reason_of_a_case_has_a_name_for_helpers() -> None:
    from bot.services.handovers import WHY_NL

    assert set(WHY_NL) == set(CaseReason)


def test_rasa_never_reminds_and_nobody_uses_the_job_queue_of_the_library_o2() -> None:
    files = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("actions/**/*.py")]
    found = [
        file.name
        for file in files
        if re.search(r"ReminderScheduled|\bJobQueue\b|run_once\(|run_daily\(", file.read_text())
    ]
    assert files
    assert found == []


CLAIMED = ("T3", "T5", "T6", "T7", "T8", "T9", "T11", "T13", "O2", "O9", "N9", "R5")
"""The rows that have to hold now; each is claimed by a test that carries its id."""


def test_every_row_that_holds_now_is_claimed_by_a_test() -> None:
    names = [
        name.lower()
        for file in ROOT.glob("tests/**/test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    ]
    unclaimed = [
        row for row in CLAIMED if not any(row.lower() in name.split("_") for name in names)
    ]
    assert unclaimed == []
