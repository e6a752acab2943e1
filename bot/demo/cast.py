"""Who plays in the demo, read from `cast/*.toml`: made-up people and what they wrote.

Nobody in those files exists. Telephone numbers in them begin with 06 0, which is nobody's.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from bot.models import AddressForm, HelperKind

FOLDER = Path(__file__).parent / "cast"
MISSED = "missed"
NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Said:
    """What a resident wrote and the intent that Rasa reads in it."""

    intent: str
    text: str


Asked = tuple[Said, ...] | str
"""One check-in: its answers (at most three), or MISSED or NOT_ASKED."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens besides check-ins; `when` and `what` are read by `bot.demo.play`."""

    when: Mapping[str, Any]
    what: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Player:
    """A resident of the demo.

    `enrolment` is how far they came: invited, opened or complete. `ended_days_ago`: no check-in
    after that day, for somebody who paused, stopped or blocked the bot. `first`: the next check-in
    of all is theirs. `fresh`: the newcomer enrols them.
    """

    name: str
    telegram_id: int
    form: AddressForm
    call_name: str | None
    phone: str | None
    weekdays: tuple[int, ...]
    at: time
    enrolment: str
    ended_days_ago: int
    check_ins: tuple[Asked, ...]
    moments: tuple[Moment, ...]
    first: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class Aide:
    """A helper of the demo; `linked` says whether they opened their link on Telegram."""

    name: str
    telegram_id: int
    kind: HelperKind
    phone: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Cast:
    """All of them, and the coordinator's log-in."""

    municipality: str
    coordinator: str
    coordinator_telegram_id: int
    email: str
    password: str
    helpers: tuple[Aide, ...]
    residents: tuple[Player, ...]

    @property
    def fresh(self) -> Player:
        """The one whom the newcomer enrols."""
        return next(player for player in self.residents if player.fresh)


WHEN = ("check_in", "minutes", "days_ago", "at", "minutes_ago")


def load() -> Cast:
    """The cast as the files have it. Raises KeyError or ValueError for a file that is wrong."""
    town = _read(FOLDER / "town.toml")
    residents = sorted(file for file in FOLDER.glob("*.toml") if file.stem != "town")
    return Cast(
        municipality=town["municipality"],
        coordinator=town["coordinator"]["name"],
        coordinator_telegram_id=town["coordinator"]["telegram_id"],
        email=town["coordinator"]["email"],
        password=town["coordinator"]["password"],
        helpers=tuple(
            Aide(**{**helper, "kind": HelperKind(helper["kind"])}) for helper in town["helpers"]
        ),
        residents=tuple(_player(_read(file)) for file in residents),
    )


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _player(read: Mapping[str, Any]) -> Player:
    return Player(
        name=read["name"],
        telegram_id=read["telegram_id"],
        form=AddressForm(read["form"]),
        call_name=read.get("call_name"),
        phone=read.get("phone"),
        weekdays=tuple(read["weekdays"]),
        at=time.fromisoformat(read.get("at", "10:00")),
        enrolment=read.get("enrolment", "complete"),
        ended_days_ago=read.get("ended_days_ago", 0),
        check_ins=tuple(_asked(each) for each in read.get("check_ins", ())),
        moments=tuple(_moment(each) for each in read.get("moments", ())),
        first=read.get("first", False),
        fresh=read.get("fresh", False),
    )


def _asked(each: str | Sequence[Sequence[str]]) -> Asked:
    if isinstance(each, str):
        if each not in (MISSED, NOT_ASKED):
            raise ValueError(f"a check-in is a list of answers, {MISSED!r} or {NOT_ASKED!r}")
        return each
    return tuple(Said(intent, text) for intent, text in each)


def _moment(read: Mapping[str, Any]) -> Moment:
    return Moment(
        when={key: value for key, value in read.items() if key in WHEN},
        what={key: value for key, value in read.items() if key not in WHEN},
    )
