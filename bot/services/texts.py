"""The texts that go out without Rasa: `data/texts.toml` with numbers of `data/helplines.toml`."""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.models import AddressForm

DATA = Path(__file__).parents[2] / "data"
WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip


@cache
def load(name: str) -> dict[str, Any]:
    """The tables of `data/<name>.toml`."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def helplines() -> dict[str, str]:
    """Each helpline as it stands in a sentence, by its key: "113 of 0800-… (dag en nacht …)"."""
    spoken = {}
    for key, line in load("helplines").items():
        numbers = " of ".join(filter(None, (line["number"], line.get("other_number"))))
        named = numbers if line["name"].startswith(line["number"]) else f"{line['name']}: {numbers}"
        chat = f", of chat op {line['chat']}" if "chat" in line else ""
        spoken[key] = named if key == "emergency" else f"{named} ({line['hours']}{chat})"
    return spoken


def render(key: str, form: AddressForm = AddressForm.U, /, **fields: object) -> str:
    """The text `family.name` in the form for a resident. KeyError for unknown key or field."""
    family, name = key.split(".")
    text = load("texts")[family][name]
    if isinstance(text, dict):
        text = text[form.value]
    return str(text).strip().format(**helplines(), **fields)


def spoken_days(weekdays: list[int]) -> str:
    """ "maandag, woensdag en vrijdag" for [0, 2, 4]; "elke dag" for all seven."""
    if len(set(weekdays)) == 7:
        return "elke dag"
    names = [WEEKDAYS[day] for day in sorted(set(weekdays))]
    return " en ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def spoken_date(day: date) -> str:
    """ "maandag 3 mei"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def spoken_moment(moment: datetime, time_zone: str) -> str:
    """ "maandag 3 mei, 14:05 uur" on the clock of the place."""
    local = moment.astimezone(ZoneInfo(time_zone))
    return f"{spoken_date(local.date())}, {local:%H:%M} uur"
