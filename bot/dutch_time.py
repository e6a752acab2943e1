"""What a resident's Dutch message says about when check-ins should come. Pure and deterministic.

A message becomes plain words (`MEANS`, `PHRASES`), sentences and clauses; `READERS` find times and
days in them from left to right; `_Message` weighs what stands around these. To teach it a word or a
phrase, add it to a table; to teach it a construction, add a reader.

What only tells a story is left out: a clause with a word of `PAST`, or one with a word of `STORY`,
none that asks for something (`ASK`, `MAY`), and more than `SMALL` words. So "gisteren om 4 uur
gevallen" says nothing.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

FIRST, LAST = time(8), time(21)
"""Check-ins come from FIRST up to and including LAST."""


class Unclear(StrEnum):
    """What to ask back, the most pressing first."""

    IMPOSSIBLE = "impossible"  # 31 February, 25 o'clock, a past day, outside FIRST..LAST
    PART_OF_DAY = "part_of_day"  # "om acht uur": `at` has the morning, twelve hours on is as likely
    WHICH_TIME = "which_time"  # "'s avonds", "na het journaal", "liever wat vroeger"
    WHICH_DAY = "which_day"  # "een andere dag", "twee keer per week", "minder vaak"
    HOW_LONG = "how_long"  # "even niet", "tot na mijn operatie"


@dataclass(frozen=True, slots=True)
class When:
    """What a message says about the check-ins; what it does not say keeps its default.

    `at` lies within FIRST..LAST; "na tien uur" and "tussen tien en elf" give ten o'clock.
    `weekdays` and `without` (not wanted; never in both) count from 0, Monday; "om de dag" becomes
    Monday, Wednesday and Friday. `every` is in weeks, 1 also when nothing was said. `nth` is 1 to
    4, or -1 for the last of the month. `on` is the one day that is meant.

    `until` is the first day on which check-ins come again: "tot 3 mei" gives 3 May, "tot en met
    3 mei" and "tot na 3 mei" give 4 May. With `until`, `first` is the first day of the pause (None:
    it begins now); without, it is the day from which the rest holds. A day without a year is the
    next such day, today included.
    """

    at: time | None = None
    weekdays: frozenset[int] = frozenset()
    without: frozenset[int] = frozenset()
    every: int = 1
    nth: int | None = None
    first: date | None = None
    until: date | None = None
    on: date | None = None
    unclear: Unclear | None = None


def _list(words: str) -> list[str]:
    return words.split()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


WEEKDAYS = _list("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag")
SHORT_DAYS = _list("ma di wo do vr za zo")
NEAR_DAYS = _list("vandaag morgen overmorgen")
MONTHS = _list("""januari februari maart april mei juni juli augustus september oktober november
december""")
NUMBERS = _list("""nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien
vijftien zestien zeventien achttien negentien twintig eenentwintig tweeentwintig drieentwintig
vierentwintig vijfentwintig zesentwintig zevenentwintig achtentwintig negenentwintig dertig
eenendertig""")
# What a word means, and how else it is written: dialect, chat, typing errors, other forms. Number
# words become digits, save "een".
MEANS = {
    "uur": "uren h uurtje uurtjes uurke uurken oer oere ure",
    "half": "haf haaf hallef halve",
    "kwart": "kwaart",
    "kwartier": "kwartiertje",
    "minuten": "min minuut minuutjes",
    "om": "um klokke",
    "rond": "rondom omstreeks",
    "voor": "veur",
    "na": "noa nao erna",
    "over": "euver",
    "maar": "mer mar moar",
    "doe": "doot duu",
    "een": "n 1 eens ene eene eine enen",
    "2": "tweeen twie",
    "3": "dree drieen",
    "4": "vieren",
    "5": "vief vijven viefn",
    "6": "zessen",
    "7": "zeuven zevenen zeuve",
    "8": "achten",
    "9": "nege neuge negenen",
    "10": "tienen",
    "11": "ellef elven",
    "12": "twalef twaalven",
    "ochtends": "ochtend morgens sochtends smorgens ochens moarns voormiddag voormiddags mergens",
    "middags": "middag smiddags namiddag namiddags middaags smiddegs",
    "avonds": "avond savonds aovonds aovond avend avends",
    "nachts": "nacht snachts",
    "maandag": "maondig",
    "dinsdag": "dinsdig",
    "woensdag": "woonsdig goensdag",
    "donderdag": "donderdig",
    "vrijdag": "vriedig vriedag",
    "zaterdag": "zoterdag zaoterdig",
    "zondag": "zoondig zundag",
    "weekend": "weekenden weekeinde",
    "werkdag": "werkdagen weekdag weekdagen",
    "niet": "nie nich neet",
    "geen": "gin gein geene",
    "niets": "niks nix",
    "elke": "iedere ieder elk elken alle",
    "dag": "dagje",
    "dagen": "daag dage",
    "week": "weekje weekske",
    "weken": "wekn weke",
    "maand": "maandje",
    "maanden": "mnd",
    "keer": "x maal kier",
    "even": "ff effe effen effekes efkes eventjes",
    "graag": "gaarne asjeblieft alsjeblieft alstublieft aub svp please",
    "bericht": "berichten berichtjes berichtje berichsje",
    "opschuiven": "opschuift",
    "als": "as",
    "pauze": "pauzeer pauzeren snooze mute stilzetten onderbreken onderbreek break timeout",
    "morgen": "morge",
    "volgende": "volgend",
    "deze": "dit",
    "komende": "aanstaande eerstvolgende",
    "januari": "jan",
    "februari": "feb",
    "augustus": "aug",
    "september": "sept sep",
    "oktober": "okt",
    "november": "nov",
    "december": "dec",
}
# What a group of words reads as, in the words of MEANS, with a slash between the groups. The names
# of Unclear say what to ask; "" says nothing about when.
PHRASES = {
    "": """als het kan/als dat kan/als het lukt/goede morgen/goeie morgen/goede middags/
        goede avonds/tot morgen/tot later/tot straks/
        tot vandaag avonds/verder niet/de rest niet/anders niet""",
    "als_altijd": "als vroeger/van vroeger",
    "lekker": "mooi weer/lekker weer/slecht weer",
    "om": "een uur of/de klok van",
    "ipv": "in plaats van",
    "graag": "het komt nu/is goed/is prima/is genoeg/is zat/kunnen we/zullen we/zullen wij",
    "niet": "te veel/teveel/too much/te vaak",
    "iets later niet": "te vroeg",
    "iets vroeger niet": "te laat",
    "weg": "er niet",
    "vanaf": "niet voor/nooit voor/niet eerder dan/niet vroeger dan/met ingang van",
    "voor": "niet later dan/uiterlijk",
    "totenmet": "tot en met",
    "ochtends": "de morgen/in de morgen",
    "kerstweek": "tussen kerst en oud en nieuw/tussen kerst en nieuwjaar",
    "elke werkdag": "door de week/doordeweeks/op werkdag",
    "elke dag": "dagelijks",
    "elke dag ochtends": "elke morgen/elke ochtends",
    "elke dag middags": "elke middags",
    "elke dag avonds": "elke avonds",
    "om de": "om de andere",
    "om de 2 weken": "tweewekelijks",
    "keer per": "keer in de/keer in/keer de",
    "een keer per": "een in de/een per/een keer in de/een keer de",
    "een keer per week": "wekelijks/een keer week",
    "een keer per maand": "maandelijks",
    "which_time": """ander tijdstip/andere tijd/anderen tijd/ander moment/tijd veranderen/
        tijdstip veranderen/wijzig tijdstip""",
    "which_day": "andere dag/andere dagen/ander dag/minder vaak/vaker",
    "how_long": """even stop/stop even/stop tijdelijk/een tijdje/een poos/een poosje/voorlopig/
        een paar dagen/een paar weken/komende dagen/komende weken/komende tijd""",
    "how_long niet": "even niet",
    "how_long geen": "even geen/nu geen",
    "how_long niets": "even niets",
    "how_long pauze": "pauze",
    "graag how_long": "tot ik/tot nader/laat me een paar dagen",
}
NTH = {"laatste": -1} | {f"{n}{ending}": n for n in (1, 2, 3, 4) for ending in ("e", "ste")}
HOURS = {"middernacht": 0, "middaguur": 12, "noen": 12}
PARTS = _set("ochtends middags avonds nachts")
# Moments of a resident's day that have no time by the clock, and ends that have no date.
MOMENTS = _set("""journaal lunch ontbijt eten avondeten middageten koffie thee werk les school kerk
gebed siesta dutje iftar zonsondergang""")
EVENTS = _set("""vakantie operatie verhuizing ziekenhuis reis begrafenis ramadan zomer winter
zomervakantie meivakantie carnaval pasen suikerfeest oogst""")
# Feasts: the first day and the last, as (month, day).
FEASTS = {
    "sinterklaas": ((12, 5), (12, 5)),
    "kerst": ((12, 25), (12, 26)),
    "kerstmis": ((12, 25), (12, 26)),
    "kerstweek": ((12, 25), (12, 31)),
    "feestdagen": ((12, 25), (1, 1)),
    "oudjaar": ((12, 31), (12, 31)),
    "nieuwjaar": ((1, 1), (1, 1)),
    "koningsdag": ((4, 27), (4, 27)),
}
VAGUE = _set("vroeger later eerder overdag")
EARLIER = {"later": 1, "opschuiven": 1, "vroeger": -1, "eerder": -1}
NOT = _set("niet geen niets nooit behalve ipv")
# Away: a stretch of time in such a clause is a pause. Back: a day is the end of one.
AWAY = _set("""weg pauze vakantie afwezig stil stilte rust storen opschorten overslaan dimmen
onbereikbaar""")
BACK = _set("weer terug")
ASK = _set("""graag liever doe zet stuur sturen stuurt schrijf schrijven app appen appt vraag vragen
vraagt bericht voortaan reminder schuif verzetten verander past schikt gelieve check checkins
checken volstaat genoeg voldoende beter prima mogelijk zullen zeggen antwoorden reageren bereik
bereikbaar""")
MAY = _set("wil wilt wilde zou kan kun kunt kunnen mag moogt hoef hoeft")
REQUEST = ASK | MAY
STORY = _set("""ik wij we hij zij ze mijn mn is zijn heeft heb ben komt gaat belt zit slaapt werkt
eet staat duurt jarig""")
PAST = _set("""gisteren gister eergisteren vannacht geleden afgelopen vorige sinds al had was waren
ging kwam werd viel lag zat zag deed duurde moest overleden toen""")
PARTICIPLE = re.compile(r"ge(?!noeg|woon|rust|schikt)\w{3,}(?:d|t|en)")
# Small words beside which a bare day or a part of the day still stands for itself.
SMALL = _set("""de het t een en of op in om van s des den d dan ook wel maar dus hoor zo ofzo rond
tegen tot totenmet na voor met te alleen iets wat beetje meer even nu elke precies ongeveer stipt
klokslag mij voor uur ja nee oke ok naar per bij aan dr die deze dat dag week hele heel maand
eenmalig liefst bijvoorbeeld tijdens lang is uw pas mijn ik je u jij jullie er al verzet vanaf
mich enkel""")
# What may stand before an hour that is told without "uur".
AT = _set("om rond tegen klokslag stipt")
MAYBE_AT = AT | _set("na voor vanaf tussen doe te")
# Clauses begin at these words, unless a word of NOT follows.
BREAKS = _set(", maar want omdat dus als terwijl dan anders liever doe")
KNOWN = SMALL | REQUEST | NOT | AWAY | BACK | BREAKS | set(MONTHS)

TOKEN = re.compile(
    r"(?<![0-9])[0-9]{1,2}[:.uh][0-9]{2}(?![0-9])|[0-9]{1,2}[-/][0-9]{1,2}(?:[-/][0-9]{2,4})?"
    r"(?![0-9])|[0-9]{1,2}(?:e|de|ste)\b|[0-9]+|[^\W\d_]+|[,€]|[.!?;\n]+"
)
DIGITAL = re.compile(r"([0-9]{1,2})[:.uh]([0-9]{2})")


# What a reader finds.
@dataclass(frozen=True, slots=True)
class _Clock:
    """A time in minutes of the day; `exact` when it cannot be twelve hours later. None: no time."""

    minutes: int | None
    exact: bool


@dataclass(frozen=True, slots=True)
class _Part:
    name: str


@dataclass(frozen=True, slots=True)
class _Days:
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Shift:
    minutes: int


@dataclass(frozen=True, slots=True)
class _Span:
    days: int
    months: int


@dataclass(frozen=True, slots=True)
class _Period:
    """From `first` up to, not including, `after`; `near`: a word like "morgen". None: no such day.

    `told`: begin and end were both told ("van 3 tot 17 juni").
    """

    first: date | None
    after: date
    near: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Rhythm:
    every: int = 1
    nth: int | None = None


_Value = _Clock | _Part | _Days | _Shift | _Span | _Period | _Rhythm | Unclear
# Where it ends, and what was found.
_Found = tuple[int, list[_Value]] | None


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a sentence; `at` gives "" beyond its ends."""

    words: list[str]
    today: date

    def at(self, i: int) -> str:
        return self.words[i] if 0 <= i < len(self.words) else ""

    def loose(self, i: int) -> bool:
        """Whether what stands at i can follow a bare number that is an hour or a day."""
        word = self.at(i)
        known = word in SMALL | REQUEST | PARTS | BREAKS | NOT | BACK or word in WEEKDAYS
        return word in ("", "half", "app") or (
            known and word not in ("per", "dag", "week", "maand")
        )


# From text to words.
_MEANT = {spelling: word for word, spellings in MEANS.items() for spelling in spellings.split()}
_MEANT |= {word: str(n) for n, word in enumerate(NUMBERS) if n != 1}
_MEANT |= {word + ending: f"{n}e" for n, word in enumerate(NUMBERS) for ending in ("de", "ste")}
_MEANT |= {"eerste": "1ste", "tweede": "2ste", "derde": "3ste", "vierde": "4ste", "achtste": "8e"}
_MEANT |= {day + ending: day for day in WEEKDAYS for ending in ("s", "en")}
_PHRASE = {
    phrase.strip(): means for means, phrases in PHRASES.items() for phrase in phrases.split("/")
}
_PHRASES = re.compile(
    rf"(?<!\S)(?:{'|'.join(sorted(_PHRASE, key=lambda phrase: (-len(phrase), phrase)))})(?!\S)"
)
_LONG = [name for name in WEEKDAYS + MONTHS if len(name) >= 6]
_JOINED = re.compile(
    rf"({'|'.join(WEEKDAYS)}|overmorgen|morgen|van|half)"
    r"(ochtend|morgen|middag|avond|vroeg|uur|uurtje|" + "|".join(NUMBERS[1:13]) + r")s?"
)


@lru_cache(maxsize=10_000)
def _meaning(word: str) -> str:
    """One word as the tables have it; two words for "zondagavond"."""
    if word in _MEANT:
        return _MEANT[word]
    if number := re.fullmatch(r"([0-9]{1,2})(?:e|de|ste)", word):
        return f"{int(number[1])}e"
    if joined := _JOINED.fullmatch(word):
        head = {"van": "vandaag"}.get(joined[1], joined[1])
        tail = {"vroeg": "ochtends", "morgen": "ochtends"}.get(joined[2], joined[2])
        return f"{head} {_meaning(tail)}"
    near = get_close_matches(word, [n for n in _LONG if n[0] == word[0]], 1, 0.84)
    return near[0] if near and 5 <= len(word) <= 11 else word


def _sentences(text: str) -> Iterator[list[str]]:
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’‘`´")
    plain = plain.replace("a.s.", "komende").replace("t/m", "totenmet").replace("24/7", "altijd")
    words = " ".join(_meaning(word) for word in TOKEN.findall(plain))
    words = re.sub(r"(?<=[0-9]) u\b", " uur", words)
    words = _PHRASES.sub(lambda found: _PHRASE[found.group()], words)
    # "Kan het niet op dinsdag?" asks for Tuesday.
    words = re.sub(r"^(kan|mag) (het|dat|t) niet (?=.*\?)", r"\1 \2 ", words)
    for sentence in re.split(r" ?[.!?;\n]+(?= |$)", words):
        yield sentence.split()


def _number(word: str) -> int | None:
    if word == "een":
        return 1
    return int(word) if word.isdecimal() and len(word) <= 2 else None


# The readers: what stands at a word, or None.
def _digital(words: _Words, i: int) -> _Found:
    """Like "14.30", "8u30"; as written, but in the afternoon when only that is possible."""
    found = DIGITAL.fullmatch(words.at(i))
    if not found or "€" in words.at(i - 1) or words.at(i + 1) in ("euro", "mg", "liter"):
        return None
    hour, minute = int(found[1]), int(found[2])
    if minute > 59 or hour > 24:
        return i + 1, [_Clock(None, exact=True)]
    early = hour < FIRST.hour and not found[1].startswith("0")
    return i + 1 + (words.at(i + 1) == "uur"), [_Clock(hour * 60 + minute, exact=not early)]


def _spoken(words: _Words, i: int) -> _Found:
    """Like "kwart over 9", "tien over half negen", "half 3", "vijf minuten voor tien"."""
    start, offset = i, 0
    amount = 15 if words.at(i) == "kwart" else _number(words.at(i))
    turn = i + 1 + (words.at(i + 1) == "minuten")
    usual = amount in (5, 10, 15, 20, 25) or turn > i + 1
    if amount is not None and usual and words.at(turn) in ("over", "voor", "na"):
        offset = -amount if words.at(turn) == "voor" else amount
        i = turn + 1
    if words.at(i) == "half":
        offset -= 30
        i += 1
    hour = _number(words.at(i))
    if i == start or hour is None or hour > 24:
        return None
    exact = hour > 12 or hour == 0
    return i + 1 + (words.at(i + 1) == "uur"), [_Clock(hour * 60 + offset, exact)]


def _hour(words: _Words, i: int) -> _Found:
    """Like "tien uur", "om 9", "na tienen": a number with "uur", or with a word of AT before it."""
    if words.at(i) in HOURS:
        return i + 1, [_Clock(HOURS[words.at(i)] * 60, exact=True)]
    hour, before = _number(words.at(i)), words.at(i - 1)
    told = words.at(i + 1) == "uur"
    minute = _number(words.at(i + 2)) if told else None
    end = i + 1 + told + (minute is not None)
    if minute is not None and minute > 59:
        return None
    sure = before in AT and told
    loose = words.loose(end) and (told or before in MAYBE_AT)
    if hour is None or not (sure or loose) or before in ("over", "al", "elke", "in"):
        return None
    if hour == 1 and before not in AT:
        return None
    if hour > 24:
        return (end, [_Clock(None, exact=True)]) if sure else None
    exact = hour > 12 or words.at(i).startswith("0")
    return end, [_Clock(hour * 60 + (minute or 0), exact)]


def _shift(words: _Words, i: int) -> _Found:
    """Like "een uurtje later", "half uur vroeger"."""
    start = i
    i += words.at(i) == "een" and words.at(i + 1) in ("half", "uur", "kwartier")
    count = _number(words.at(i))
    halves = {"half": 1, "anderhalf": 3}.get(words.at(i), 2 * (1 if count is None else count))
    i += count is not None or words.at(i) in ("half", "anderhalf")
    length = {"uur": 30 * halves, "kwartier": 15 * halves // 2, "minuten": halves // 2}
    minutes = length.get(words.at(i))
    turn = i + 1 + (words.at(i + 1) in ("iets", "wat"))
    if minutes is None or i < start or words.at(turn) not in EARLIER:
        return None
    return turn + 1, [_Shift(minutes * EARLIER[words.at(turn)])]


def _rhythm(words: _Words, i: int) -> _Found:
    """Like "om de week", "elke drie weken", "twee keer per maand", "elke dag"."""
    often = _number(words.at(i))
    if often is not None and words.at(i + 1) == "keer" and words.at(i + 2) == "per":
        i += 3
    elif words.at(i) == "om" and words.at(i + 1) == "de":
        often, i = 0, i + 2
    elif words.at(i) == "elke":
        often, i = None, i + 1
    else:
        return None
    count = _number(words.at(i))
    i += count is not None
    unit, end = words.at(i), i + 1
    ask = [] if often in (0, None) else [Unclear.WHICH_DAY]
    if unit in WEEKDAYS and often == 0:
        return end, [_Rhythm(2), _Days(frozenset({WEEKDAYS.index(unit)}))]
    if unit in ("dag", "werkdag", "weekend") and often in (0, 1, None):
        days = {"werkdag": range(5), "weekend": (5, 6)}.get(unit, range(7))
        return end, [_Days(frozenset((0, 2, 4) if often == 0 else days))]
    if unit == "dagen" and count:
        return end, [_Rhythm(count // 7), *ask] if count % 7 == 0 else [Unclear.WHICH_DAY]
    if unit in ("week", "weken"):
        if count or often == 0:
            return end, [_Rhythm(count or 2), *ask]
        return end, [Unclear.WHICH_DAY]
    if unit == "maand":
        return end, [*([_Rhythm(nth=1)] if often in (1, None) else []), Unclear.WHICH_DAY]
    return None


def _nth(words: _Words, i: int) -> _Found:
    """Like "eerste maandag": taken as that of each month."""
    nth = NTH.get(words.at(i))
    if nth is None or words.at(i + 1) not in WEEKDAYS:
        return None
    end = i + 2 + (3 if words.words[i + 2 : i + 5] == ["van", "de", "maand"] else 0)
    return end, [_Rhythm(nth=nth), _Days(frozenset({WEEKDAYS.index(words.at(i + 1))}))]


def _day_of(today: date, day: int, month: int | None = None, year: int | None = None) -> _Period:
    """The next such day, or the one of that year; none when no such day comes within two years."""
    for n in range(24):
        y, m = divmod(today.year * 12 + today.month - 1 + n, 12)
        fits = month in (None, m + 1) and year in (None, y) and 1 <= day <= monthrange(y, m + 1)[1]
        if fits and date(y, m + 1, day) >= today:
            return _one_day(date(y, m + 1, day))
    return _Period(None, today)


def _one_day(day: date, near: bool = False) -> _Period:
    return _Period(day, day + timedelta(1), near)


def _next_weekday(today: date, weekday: int) -> date:
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _date(words: _Words, i: int) -> _Found:
    """Like "3 mei 2027", "de 15e"; "1-12" after a word of time."""
    word, after, lead = words.at(i), words.at(i + 1), words.at(i - 1)
    ordinal = re.fullmatch("([0-9]{1,2})e", word)
    day = int(ordinal[1]) if ordinal else _number(word)
    if day is not None and after in MONTHS:
        year = int(words.at(i + 2)) if re.fullmatch("[0-9]{4}", words.at(i + 2)) else None
        found = _day_of(words.today, day, MONTHS.index(after) + 1, year)
        return i + 2 + (year is not None), [found]
    if day is not None and ordinal:
        fits = lead in ("de", "den", "tot", "totenmet") and words.at(i - 2) != "elke"
        return (i + 1, [_day_of(words.today, day)]) if fits and words.loose(i + 1) else None
    numbers = re.fullmatch(r"([0-9]{1,2})[-/]([0-9]{1,2})(?:[-/]([0-9]{2,4}))?", word)
    if numbers and (numbers[3] or lead in _set("tot totenmet na op vanaf per")):
        year = int(numbers[3]) % 2000 + 2000 if numbers[3] else None
        return i + 1, [_day_of(words.today, int(numbers[1]), int(numbers[2]), year)]
    return None


def _season(words: _Words, i: int) -> _Found:
    """Like "eind juni", "heel augustus", "met kerst"."""
    word, after = words.at(i), words.at(i + 1)
    if word in FEASTS:
        begin, end = FEASTS[word]
        first = _day_of(words.today, begin[1], begin[0]).first or words.today
        return i + 1, [_Period(first, _day_of(first, end[1], end[0]).after)]
    month = after if word in ("begin", "half", "midden", "eind") else word
    leads = _set("tot totenmet na in vanaf heel hele maand per")
    if month not in MONTHS or (
        month == word and words.at(i - 1) not in leads and after not in BACK
    ):
        return None
    first = _day_of(words.today, 1, MONTHS.index(month) + 1).first or words.today
    last = monthrange(first.year, first.month)[1]
    if month == word:
        return i + 1, [_Period(first, first + timedelta(last))]
    return i + 2, [_one_day(first.replace(day={"begin": 1, "eind": last}.get(word, 15)))]


def _near_day(words: _Words, i: int) -> _Found:
    """Like "overmorgen", "volgende week dinsdag", "deze maand", "komende vrijdag"."""
    word, after, today = words.at(i), words.at(i + 1), words.today
    monday = today - timedelta(today.weekday())
    later = word in ("volgende", "komende")
    if word in NEAR_DAYS:
        return i + 1, [_one_day(today + timedelta(NEAR_DAYS.index(word)), near=True)]
    if word in WEEKDAYS and words.words[i + 1 : i + 3] == ["volgende", "week"]:
        return i + 3, [_one_day(monday + timedelta(7 + WEEKDAYS.index(word)))]
    if not later and word != "deze":
        return None
    if after == "week" and words.at(i + 2) in WEEKDAYS:
        day = monday + timedelta(7 * later + WEEKDAYS.index(words.at(i + 2)))
        return i + 3, [_one_day(day) if day >= today else _Period(None, today)]
    if after in WEEKDAYS:
        return i + 2, [_one_day(_next_weekday(today, WEEKDAYS.index(after)))]
    month = today.replace(day=1)
    periods = {
        "week": (monday + timedelta(7 * later), _Span(7, 0)),
        "weekend": (monday + timedelta(5 + 7 * (word == "volgende")), _Span(2, 0)),
        "maand": (_add(month, _Span(0, later)), _Span(0, 1)),
        "jaar": (date(today.year + later, 1, 1), _Span(0, 12)),
    }
    if after not in periods:
        return None
    first, length = periods[after]
    return i + 2, [_Period(max(first, today), _add(first, length))]


def _over(words: _Words, i: int) -> _Found:
    """Like "over twee dagen", "over drie weken"."""
    found = _span(words, i + 1) if words.at(i) == "over" else None
    match found:
        case (int(end), [_Span() as span]):
            first = _add(words.today, span)
            exact = words.at(i + 2) in ("dag", "dagen")
            return end, [_Period(first, first + timedelta(1 if exact else 7))]
    return None


def _range(words: _Words, i: int) -> _Found:
    """Like "van 3 tot 17 juni", "de 12e tot de 18e"."""
    day = _number(words.at(i).removesuffix("e")) if words.at(i) != "een" else 1
    end = i + 2 + (words.at(i + 2) == "de")
    if day is None or words.at(i + 1) not in ("tot", "totenmet"):
        return None
    found = _date(words, end) or _season(words, end)
    last = found[1][0] if found else None
    if not found or not isinstance(last, _Period) or last.first is None:
        return None
    month = last.first.replace(day=1) if day <= last.first.day else _add(last.first, _Span(0, -1))
    if not 1 <= day <= monthrange(month.year, month.month)[1]:
        return found[0], [_Period(None, words.today)]
    after = last.first if words.at(i + 1) == "tot" else last.after
    return found[0], [_Period(month.replace(day=day), after, told=True)]


def _weekday(words: _Words, i: int) -> _Found:
    """Like "maandag", "ma t/m vr", "weekend"; a date after "tot", or before one."""
    day, end = _weekday_at(words, i), i + 1
    if words.at(i) in ("weekend", "werkdag"):
        return end, [_Days(frozenset((5, 6) if words.at(i) == "weekend" else range(5)))]
    if day is None:
        return None
    last = _weekday_at(words, i + 2)
    if words.at(end) in ("tot", "totenmet") and last is not None:
        if words.at(i - 1) == "van" and AWAY.intersection(words.words):
            first = _next_weekday(words.today, day)
            days = (last - day) % 7 + (words.at(end) == "totenmet")
            return i + 3, [_Period(first, first + timedelta(days), told=True)]
        return i + 3, [_Days(frozenset((day + n) % 7 for n in range((last - day) % 7 + 1)))]
    if (found := _date(words, end)) and isinstance(found[1][0], _Period):
        told = found[1][0]
        fits = told.first is not None and told.first.weekday() == day
        return found[0], [told if fits else _Period(None, words.today)]
    if words.at(i - 1) in ("tot", "totenmet", "vanaf"):
        return end, [_one_day(_next_weekday(words.today, day))]
    return end, [_Days(frozenset({day}))]


def _weekday_at(words: _Words, i: int) -> int | None:
    """The weekday at i. A short one ("ma") needs another beside it or "op" before it."""
    word = words.at(i)
    if word in WEEKDAYS:
        return WEEKDAYS.index(word)
    beside = [words.at(i + n) for n in (-2, -1, 1, 2)]
    joined = any(other in SHORT_DAYS and other != word for other in beside)
    if word in SHORT_DAYS and word != "zo" and (joined or beside[1] == "op"):
        return SHORT_DAYS.index(word)
    return 6 if word == "zo" and "za" in beside else None


def _span(words: _Words, i: int) -> _Found:
    """Like "drie weken", "half jaar", "een dag of vijf"; "die twee weken" were told before."""
    count, unit, end = _number(words.at(i)), words.at(i + 1), i + 2
    if words.words[i:end] == ["half", "jaar"]:
        return end, [_Span(0, 6)]
    days = {"dag": 1, "dagen": 1, "week": 7, "weken": 7}.get(unit, 0)
    months = int(unit in ("maand", "maanden"))
    if count is None or not days + months or words.at(i - 1) == "al":
        return None
    if words.at(end) == "of":
        count, end = _number(words.at(i + 3)), end + 2
    if count is None:
        return end, [Unclear.HOW_LONG]
    return end, [_Span(days * count, months * count)] if words.at(i - 1) != "die" else []


def _add(day: date, span: _Span) -> date:
    """So much later; the 31st becomes the last of a shorter month."""
    months = day.year * 12 + day.month - 1 + span.months
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(span.days)


def _word(words: _Words, i: int) -> _Found:
    """What a single word says: a part of the day, a moment of it, an event, what to ask."""
    word = words.at(i)
    lead = {words.at(i - n) for n in (1, 2, 3)}
    if word in PARTS:
        return i + 1, [_Part(word)]
    if word in set(Unclear):
        return i + 1, [Unclear(word)]
    if word in VAGUE or (word in MOMENTS and lead & _set("na voor tijdens bij rond onder tegen")):
        return i + 1, [Unclear.WHICH_TIME]
    if word in EVENTS and lead & _set("na tot tijdens zolang"):
        return i + 1, [Unclear.HOW_LONG]
    return None


# The first that reads something wins.
READERS: tuple[Callable[[_Words, int], _Found], ...] = (
    *(_rhythm, _nth, _shift, _range, _date, _season, _near_day, _over),
    *(_weekday, _digital, _spoken, _hour, _span, _word),
)


@dataclass(frozen=True, slots=True)
class _Item:
    """A value; `start` to `end` are its words, `lead` the one before, `before` the six before."""

    value: _Value
    start: int
    end: int
    lead: str
    before: frozenset[str]


def _items(words: _Words) -> list[_Item]:
    found: list[_Item] = []
    i = last = 0
    while i < len(words.words):
        got = next((got for reader in READERS if (got := reader(words, i))), None)
        if got:
            before = frozenset(words.words[max(last, i - 6) : i])
            found += [_Item(value, i, got[0], words.at(i - 1), before) for value in got[1]]
            last = last if Unclear.HOW_LONG in got[1] else got[0]
        i = got[0] if got else i + 1
    return found


@dataclass(frozen=True, slots=True)
class _Clause:
    """Words that belong together, with the items in them."""

    words: frozenset[str]
    items: list[_Item]
    negated: frozenset[int]
    bare: bool

    @property
    def past(self) -> bool:
        return bool(self.words & PAST) or any(map(PARTICIPLE.fullmatch, self.words))

    @property
    def asks(self) -> bool:
        """Whether it asks for something rather than tells it; "kan" does both."""
        return self.bare or bool(self.words & (ASK if self.words & STORY else REQUEST))

    def counts(self, item: _Item) -> bool:
        """Whether an item says when check-ins should come, rather than what happens then.

        A time by the clock counts sooner than a bare "maandag", and takes that along.
        """
        strong = not self.words & STORY or bool(self.words & REQUEST)
        firm = any(isinstance(i.value, _Clock | _Shift | _Rhythm) for i in self.items)
        same = isinstance(item.value, _Clock | _Shift | _Rhythm)
        return self.asks or (firm and strong and (same or not self.words & STORY))


def _clauses(words: _Words) -> Iterator[_Clause]:
    """The clauses of a sentence. A word of NOT undoes what follows in it, else what went before."""
    items, start = _items(words), 0
    clauses: list[_Clause] = []
    for end in (*_breaks(words, items), len(words.words)):
        inside = [item for item in items if start <= item.start < end]
        taken = {i for item in inside for i in range(item.start, item.end)}
        own = {i: word for i, word in enumerate(words.words[start:end], start) if i not in taken}
        bare = KNOWN.issuperset(own.values())
        undone = _undone(words, inside, [i for i, word in own.items() if word in NOT])
        if not inside and clauses and NOT.intersection(own.values()):
            last = clauses[-1]
            meant = (i for i in last.items if bare or isinstance(i.value, _Span | _Period))
            undo = last.negated | {item.start for item in meant}
            asked = last.words | ASK.intersection(own.values())
            clauses[-1] = replace(last, words=asked, negated=undo)
        clauses.append(_Clause(frozenset(words.words[start:end]), inside, undone, bare))
        start = end
    past = False
    for clause in clauses:
        past = clause.past or (past and not clause.words & REQUEST)
        if not past:
            yield clause


def _breaks(words: _Words, items: list[_Item]) -> Iterator[int]:
    inside = {i for item in items for i in range(item.start + 1, item.end)}
    for i, word in enumerate(words.words):
        particle = word == "maar" and words.at(i - 1) in REQUEST
        if word in BREAKS and words.at(i + 1) not in NOT | BACK and not particle | (i in inside):
            yield i


def _undone(words: _Words, items: list[_Item], nots: list[int]) -> frozenset[int]:
    """The starts of the items that the words of NOT at these places undo."""
    if not nots:
        return frozenset()
    if after := [item for item in items if item.start > nots[0]]:
        except_for = words.at(nots[0]) in ("behalve", "ipv")
        alike = [item for item in after if isinstance(item.value, type(after[0].value))]
        return frozenset(item.start for item in (alike if except_for else after))
    undone, begin = set[int](), nots[0]
    for item in reversed(items):
        between = words.words[item.end : begin]
        if undone and not SMALL.issuperset(between):
            break
        undone.add(item.start)
        begin = min(begin, item.start)
    return frozenset(undone)


@dataclass(slots=True)
class _Message:
    """What the clauses of a message say together."""

    today: date
    clocks: list[tuple[_Clock, set[str]]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    asks: set[Unclear] = field(default_factory=set)
    days: set[int] = field(default_factory=set)
    without: set[int] = field(default_factory=set)
    every: int = 1
    nth: int | None = None
    first: date | None = None
    until: date | None = None
    on: date | None = None
    stop: bool = False
    told: list[tuple[_Item, _Clause]] = field(default_factory=list)

    def read(self, clause: _Clause) -> None:
        stretches = any(isinstance(item.value, _Span | _Period) for item in clause.items)
        if clause.asks and not stretches:
            later = {"daarna", "weer"} <= clause.words
            self.stop |= later or bool(clause.words & AWAY) or self._no_messages(clause)
        for item in clause.items:
            negated = item.start in clause.negated
            if isinstance(item.value, _Period | _Span):
                self._stretch(item, clause, negated or bool(clause.words & AWAY))
            elif clause.counts(item):
                self._take(item, negated, clause)
        if "eenmalig" in clause.words and len(self.days) == 1:
            self.on = _next_weekday(self.today, self.days.pop())

    @staticmethod
    def _no_messages(clause: _Clause) -> bool:
        """Like "Stuur maar niets", "even niet": a pause of which the length may stand elsewhere."""
        timeless = all(item.value is Unclear.HOW_LONG for item in clause.items)
        return timeless and bool(clause.words & NOT and (clause.words & ASK or clause.items))

    def _take(self, item: _Item, negated: bool, clause: _Clause) -> None:
        if item.lead == "van" and (isinstance(item.value, _Clock) or "naar" in clause.words):
            return  # "van acht uur naar tien uur", "het journaal van acht uur"
        match item.value:
            case _Clock() if negated or "voor" in item.before:
                self.asks.add(Unclear.WHICH_TIME)
            case _Clock() as clock:
                parts = {i.value.name for i in clause.items if isinstance(i.value, _Part)}
                self.clocks.append((clock, parts))
            case _Part(name):
                self.asks.add(Unclear.WHICH_TIME)
                self.parts += [] if negated or name == "nachts" else [name]
            case _Shift(minutes):
                self.shifts.append(minutes)
            case _Days(days) if negated and len(days) == 7:
                self.asks.add(Unclear.WHICH_DAY)
            case _Days(days):
                (self.without if negated else self.days).update(days)
            case _Rhythm(every, nth):
                self.every, self.nth = every, nth
            case Unclear() as ask:
                self.asks.add(ask)

    def _stretch(self, item: _Item, clause: _Clause, away: bool) -> None:
        """A pause, the end or the beginning of one, or one day."""
        value = item.value
        absent = away and "er" in clause.words and clause.words & _set("ben zijn")
        story = clause.words & STORY and not clause.asks
        near = isinstance(value, _Period) and value.near and not clause.counts(item)
        if near or (story and not absent and not clause.words & (AWAY | BACK)):
            self.told += [] if near else [(item, clause)]
        elif isinstance(value, _Span) and away:
            self.until = _add(self.first or self.today, value)
        elif isinstance(value, _Span):
            self.told.append((item, clause))
        elif isinstance(value, _Period) and value.first is None:
            self.asks.add(Unclear.IMPOSSIBLE)
        elif isinstance(value, _Period) and value.first:
            self._period(item, value, value.first, clause, away)

    def _period(
        self, item: _Item, value: _Period, first: date, clause: _Clause, away: bool
    ) -> None:
        later = value.after if item.before & _set("na totenmet") else first
        if item.before & _set("tot totenmet") or clause.words & BACK:
            self.until = later
        elif item.before & _set("vanaf na per") or (away and item.lead == "van" and not value.told):
            self.first = later
        elif away:
            self.first = first if first > self.today else None
            self.until = value.after
        elif clause.counts(item) and value.after - first == timedelta(1):
            self.on = first
        elif clause.counts(item):
            self.first = first

    def _pause(self) -> None:
        """Give a pause the length that was told apart from it, and mind what comes first."""
        if self.stop and not self.until and self.told:
            item, clause = self.told[0]
            self._stretch(item, replace(clause, bare=True), away=True)
        if self.first and self.until and self.first >= self.until:
            self.first, self.until = None, self.first

    def settle(self, now: time, usual: time | None) -> When | None:
        """All of it as one answer; None when there is nothing in it."""
        self._pause()
        at = self._at(usual)
        if self.on == self.today and at and at <= now:
            at = self._impossible()
        if at and Unclear.PART_OF_DAY not in self.asks:
            self.asks.discard(Unclear.WHICH_TIME)
        days = frozenset(self.days - self.without)
        if days or self.on:
            self.asks.discard(Unclear.WHICH_DAY)
        if at or days or self.without or self.on or self.until:
            self.asks.discard(Unclear.HOW_LONG)
        unclear = next((ask for ask in Unclear if ask in self.asks), None)
        found = When(at, days, frozenset(self.without), self.every, self.nth,
                     self.first, self.until, self.on, unclear)  # fmt: skip
        return None if found == When() else found

    def _at(self, usual: time | None) -> time | None:
        if self.clocks:
            return self._clock(*self.clocks[0], usual)
        if not self.shifts:
            return None
        if usual is None:
            self.asks.add(Unclear.WHICH_TIME)
            return None
        return self._within([usual.hour * 60 + usual.minute + self.shifts[0]])

    def _clock(self, clock: _Clock, parts: set[str], usual: time | None) -> time | None:
        """The one reading that fits the part of the day, the possible hours, and what is usual."""
        if clock.minutes is None:
            return self._impossible()
        early, late = clock.minutes, clock.minutes + 12 * 60
        if clock.exact:
            return self._within([early])
        if "nachts" in parts:
            return self._impossible()
        if parts := parts or set(self.parts[:1]):
            noon = early >= 12 * 60 and "middags" in parts
            return self._within([early if noon or "ochtends" in parts else late])
        possible = [m for m in (early, late) if _possible(m)]
        if len(possible) == 2:
            if usual is None:
                self.asks.add(Unclear.PART_OF_DAY)
            elif usual.hour >= 12:
                possible.reverse()
        return self._within(possible)

    def _within(self, minutes: list[int]) -> time | None:
        if not minutes or not _possible(minutes[0]):
            return self._impossible()
        return time(minutes[0] // 60, minutes[0] % 60)

    def _impossible(self) -> time | None:
        self.asks.add(Unclear.IMPOSSIBLE)
        return None


def _possible(minutes: int) -> bool:
    return FIRST.hour * 60 + FIRST.minute <= minutes <= LAST.hour * 60 + LAST.minute


def when(text: str, now: datetime, usual: time | None = None) -> When | None:
    """What a message of any length says about when check-ins come; None when it says nothing.

    `now` is aware, in the resident's zone. `usual` is the time of the check-ins so far: "een uurtje
    later" counts from it, and it settles morning or evening where both are possible. A bare number
    ("10") is no time; who has just asked for the hour may pass "om 10". In the same way an answer
    may be read together with what was said before: "'s avonds" and "om acht uur".
    """
    message = _Message(now.date())
    for sentence in _sentences(text):
        for clause in _clauses(_Words(sentence, message.today)):
            message.read(clause)
    return message.settle(now.time(), usual)
