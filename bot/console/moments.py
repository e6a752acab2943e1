"""Dates and times as people say them in Dutch, on the clock of the municipality."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.console.words import WEEKDAY_SHORT
from bot.services.texts import MONTHS

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def spoken_duration(length: timedelta) -> str:
    """ "12 minuten", "1 uur", "3 dagen": the largest unit that fits, rounded down."""
    if length < HOUR:
        count, one, many = length // MINUTE, "minuut", "minuten"
    elif length < 2 * DAY:
        count, one, many = length // HOUR, "uur", "uur"
    else:
        count, one, many = length // DAY, "dag", "dagen"
    return f"{count} {one if count == 1 else many}"


def ago(moment: datetime, now: datetime) -> str:
    """ "zojuist", "12 minuten geleden"."""
    passed = now - moment
    return "zojuist" if passed < MINUTE else f"{spoken_duration(passed)} geleden"


def until(moment: datetime, now: datetime) -> str:
    """ "nog 12 minuten", or "12 minuten te laat"."""
    left = moment - now
    if left >= timedelta(0):
        return "nog minder dan een minuut" if left < MINUTE else f"nog {spoken_duration(left)}"
    return "net te laat" if -left < MINUTE else f"{spoken_duration(-left)} te laat"


def clock(moment: datetime, zone: str) -> str:
    """ "14:05"."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def day(moment: datetime, now: datetime, zone: str) -> str:
    """ "vandaag", "gisteren", "morgen", "ma 3 mei", and the year when it is another one."""
    place = ZoneInfo(zone)
    that, today = moment.astimezone(place).date(), now.astimezone(place).date()
    near = {-1: "gisteren", 0: "vandaag", 1: "morgen"}.get((that - today).days)
    if near:
        return near
    year = f" {that.year}" if that.year != today.year else ""
    return f"{WEEKDAY_SHORT[that.weekday()]} {that.day} {MONTHS[that.month - 1]}{year}"


def short_day(moment: datetime, zone: str) -> str:
    """ "3-5"."""
    that = moment.astimezone(ZoneInfo(zone)).date()
    return f"{that.day}-{that.month}"


def moment(when: datetime, now: datetime, zone: str) -> str:
    """ "vandaag 14:05", "ma 3 mei 14:05"."""
    return f"{day(when, now, zone)} {clock(when, zone)}"
