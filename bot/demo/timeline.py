"""When everything in the past of the demo happened, counted back from the present."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.demo.cast import Player
from bot.recurrence import next_moment

ZONE = "Europe/Amsterdam"
LATEST_CHECK_IN = timedelta(hours=6)
"""No check-in later than this before the present, so that all that came of it is past."""


def check_in_moments(player: Player, now: datetime) -> list[datetime]:
    """The moments of a resident's check-ins, the last one as late as can be."""
    last = now - max(LATEST_CHECK_IN, timedelta(days=player.ended_days_ago))
    needed = len(player.check_ins)
    moment = last - timedelta(weeks=needed + 1)
    moments = []
    while (moment := next_moment(moment, player.weekdays, player.at, ZONE)) <= last:
        moments.append(moment)
    return moments[-needed:] if needed else []


def enrolment_moment(player: Player, check_ins: list[datetime], now: datetime) -> datetime:
    """When a resident opened their link: in the afternoon, before the first check-in."""
    if not check_ins:
        return at_clock(now, player.ended_days_ago or 2, "15:20")
    first = check_ins[0].astimezone(ZoneInfo(ZONE))
    if first.hour >= 15:
        return first.replace(hour=13, minute=10)
    return (first - timedelta(days=1)).replace(hour=15, minute=20)


def moment_of(when: Mapping[str, Any], check_ins: list[datetime], now: datetime) -> datetime:
    """The moment that `when` names. Raises ValueError for one that is not past.

    `check_in` (the first is 1, the last -1) and `minutes` after it; or `days_ago` and `at`, a
    wall-clock time; or `minutes_ago`.
    """
    if "minutes_ago" in when:
        moment = now - timedelta(minutes=when["minutes_ago"])
    elif "check_in" in when:
        place = when["check_in"]
        counted = check_ins[place - 1 if place > 0 else place]
        moment = counted + timedelta(minutes=when["minutes"])
    else:
        moment = at_clock(now, when["days_ago"], when["at"])
    if moment >= now:
        raise ValueError(f"{dict(when)} is not past")
    return moment


def at_clock(now: datetime, days_ago: int, clock: str) -> datetime:
    """A wall-clock time some days before today."""
    day = now.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=days_ago)
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(ZONE))
