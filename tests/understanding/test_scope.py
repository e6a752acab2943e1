"""What stands around a phrase: negation, past, "if", idiom, film, somebody else."""

import pytest

from bot.understanding import Level, Signal, read

QUIET = {
    "negation before": "ik heb nooit aan zelfmoord gedacht",
    "negation after": "eenzaam ben ik niet",
    "denied sentence": "het is niet zo dat niemand me belt",
    "denied claim": "ik zeg niet dat ik niemand spreek",
    "far past": "vroeger was ik erg eenzaam",
    "past through the clause after": "toen ik klein was sloeg mijn vader me en schopte hij me",
    "over": "drie jaar geleden had ik zelfmoordplannen, dat is gelukkig voorbij",
    "a mere if": "stel dat ik val en niet meer overeind kom",
    "if ever": "als ik ooit eenzaam zou worden bel ik jullie",
    "dead tired": "ik ben doodmoe",
    "laugh to death": "we hebben ons doodgelachen, ik lachte me dood",
    "bored to death": "ik verveel me dood",
    "to die for": "die soep was om te sterven zo lekker",
    "dead battery": "mijn telefoon is dood",
    "a film": "in de film wilde hij dood",
    "a book": "ik lees een boek over een man die zijn vrouw slaat",
    "a game lost": "ze hebben ons geslagen met klaverjassen",
    "likes to be alone": "ik ben graag alleen",
    "people in general": "veel ouderen zijn eenzaam",
    "how the bot reacts": "wat doen jullie als iemand zelfmoord noemt",
}

HEARD = {
    "negation in another clause": ("ik slaap niet en ik ben eenzaam", Signal.LONELY_EXPLICIT),
    "no comma at all": ("het gaat niet goed ik ben eenzaam", Signal.LONELY_EXPLICIT),
    "doubling strengthens": ("nooit geen bezoek meer", Signal.SOCIAL),
    "not only": ("ik ben niet alleen ziek maar ook eenzaam", Signal.LONELY_EXPLICIT),
    "past, and still": ("vroeger al, maar nu ben ik weer eenzaam", Signal.LONELY_EXPLICIT),
    "a wish with 'would'": ("ik zou het liefst dood zijn", Signal.SUICIDE),
    "whenever, not if": ("als hij gedronken heeft slaat hij me", Signal.ABUSE),
    "idiom, then literal": ("ik lach me dood, maar ik wil ook echt dood", Signal.SUICIDE),
    "cheerful tone": ("haha ik ben zo eenzaam joh 😂", Signal.LONELY_EXPLICIT),
    "a typing error": ("ik ben zo eenzaaam en ik heb zelfmoordgedachte", Signal.SUICIDE),
    "learner's word order": ("leven ik niet meer wil", Signal.SUICIDE),
    "told by somebody else about me": ("mijn zoon slaat mij", Signal.ABUSE),
    "quoting oneself": ('ik zei tegen de dokter "ik wil niet meer leven"', Signal.SUICIDE),
    "accents and capitals": ("IK BEN EENZÁÁM", Signal.LONELY_EXPLICIT),
    "chat spelling": ("kwil nie mr leven", Signal.SUICIDE),
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_n5_nothing_is_read_into(text: str) -> None:
    reading = read(text)
    assert reading.level is Level.NONE, reading


@pytest.mark.parametrize(("text", "signal"), HEARD.values(), ids=HEARD.keys())
def test_n5_what_is_said_is_heard(text: str, signal: Signal) -> None:
    assert signal in read(text).signals


def test_g10_what_somebody_else_says_about_itself_is_not_about_the_resident() -> None:
    reading = read('mijn buurvrouw zei: "ik wil niet meer leven"')
    assert reading.signals == ()
    assert [finding.signal for finding in reading.third_party] == [Signal.SUICIDE]
    assert reading.third_party[0].by.startswith("rule:third_party.")


def test_g10_the_loneliness_of_a_neighbour_is_not_the_residents() -> None:
    assert read("mijn buurvrouw is zo eenzaam").signals == ()


def test_subject_returns_to_the_resident() -> None:
    reading = read("mijn broer wil dood en ik wil ook dood")
    assert Signal.SUICIDE in reading.signals
    assert reading.danger_to_other
