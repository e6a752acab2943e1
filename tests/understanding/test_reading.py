"""The reading itself: spans, levels, any text, and what an intent adds."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding import DANGER, Level, Reading, Signal, evidence, higher, read, with_intent
from tools.figures import Share, evaluate, report

FRAGMENTS = """ik niet wil dood niemand belt mijn zoon slaat me eenzaam nooit . , ! leven gevallen
grond ze zei " vroeger als zou koffie gezellig 😢 \x00 pijn borst geen lucht bel nu iemand"""
WORDS = st.sampled_from(FRAGMENTS.split())
TEXTS = st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join))
INTENTS = st.sampled_from(["crisis", "report_other", "ask_human", "share_loneliness", "greet"])


@given(TEXTS)
def test_r8_spans_lie_in_the_text_and_are_never_empty(text: str) -> None:
    reading = read(text)
    spans = [*reading.findings, *reading.doubts, *reading.third_party, *reading.urgency]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(not span["text"].isspace() for span in evidence(reading, text))
    assert read(text) == reading


@given(TEXTS)
def test_level_follows_from_what_was_found(text: str) -> None:
    reading = read(text)
    assert list(reading.signals) == sorted(set(reading.signals), key=list(Signal).index)
    assert set(reading.ask) <= DANGER
    assert not set(reading.ask) & set(reading.signals)
    danger = bool(DANGER & set(reading.signals)) or reading.danger_to_other
    assert (reading.level is Level.CRISIS) == danger


@given(TEXTS, INTENTS, st.floats(0, 1))
def test_an_intent_never_lowers_the_level(text: str, intent: str, confidence: float) -> None:
    before = read(text)
    after = with_intent(before, intent, confidence)
    assert higher(before.level, after.level) == after.level
    shown = evidence(after, text)
    assert all(0 <= span["start"] < span["end"] <= len(text) for span in shown)
    assert after.level is not Level.CRISIS or shown


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "😢", "...", "'", "\n\n", "1234", "ß" * 50, "🇳🇱"]
)
def test_odd_texts_are_quiet(text: str) -> None:
    assert read(text).level is Level.NONE


@pytest.mark.parametrize("place", [0, 0.13, 1])
def test_danger_anywhere_in_a_very_long_text_is_read(place: float) -> None:
    filler = "Vandaag heb ik soep gemaakt. " * 3_500
    at = int(len(filler) * place)
    text = f"{filler[:at]}. ik wil niet meer leven. {filler[at:]}"
    reading = read(text)
    assert Signal.SUICIDE in reading.signals
    assert "leven" in text[reading.findings[0].start : reading.findings[-1].end]


def test_danger_without_any_stop_in_a_long_text_is_read() -> None:
    assert Signal.SUICIDE in read("la " * 5_000 + "ik wil niet meer leven " + "la " * 5_000).signals


def test_many_threads_read_the_same() -> None:
    texts = [f"niemand belt mij {n} en ik voel me eenzam{'a' * (n % 3)}" for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, texts)) == [read(text) for text in texts]


def test_r8_evidence_prints_words_and_rule() -> None:
    text = "Hoi! Ik wil niet meer leven."
    span = evidence(read(text), text)[0]
    assert text[span["start"] : span["end"]] == span["text"]
    assert span["signal"] == "suicide"
    assert span["by"].startswith("rule:suicide.")
    assert "leven" in span["text"]


@pytest.mark.parametrize("confidence", [0.3, 0.6, 0.95])
def test_r1_a_predicted_crisis_only_makes_praatje_ask(confidence: float) -> None:
    reading = with_intent(Reading(length=30), "crisis", confidence)
    assert reading.level is Level.NONE
    assert bool(reading.ask) == (confidence >= 0.5)


def test_r1_a_predicted_crisis_asks_about_what_is_doubted_already() -> None:
    doubt = read("ik ben iedereen tot last")
    assert with_intent(doubt, "crisis", 0.9) == doubt


def test_g10_report_other_takes_the_signals_from_the_resident_but_not_the_crisis() -> None:
    reading = with_intent(read("gevallen, ligt op de grond, kan niet opstaan"), "report_other", 0.9)
    assert reading.signals == ()
    assert reading.level is Level.CRISIS
    assert reading.third_party


def test_g10_worry_without_danger_is_no_crisis() -> None:
    reading = with_intent(read("mijn buurvrouw doet niet meer open"), "report_other", 0.9)
    assert reading.level is Level.NONE
    assert reading.third_party


def test_ask_human_is_urgent_only_when_it_cannot_wait() -> None:
    waits = read("ik wil een keer met een vrijwilliger praten")
    pressing = read("kan vanavond iemand komen")
    assert with_intent(waits, "ask_human", 0.9).level is Level.NONE
    assert with_intent(pressing, "ask_human", 0.9).level is Level.URGENT


def test_figures_count_what_was_read() -> None:
    rows = [
        {"text": "ik wil dood", "signals": ["suicide"], "level": "crisis"},
        {"text": "mooi weer", "signals": ["suicide"], "level": "crisis"},
        {"text": "ik ben eenzaam", "signals": [], "level": "none"},
    ]
    figures = evaluate(rows, [read(row["text"]) for row in rows])
    assert figures.shares["crisis recall by level"] == Share(1, 2)
    assert figures.shares["none kept none"] == Share(0, 1)
    assert figures.signals[Signal.SUICIDE].f1 == pytest.approx(2 / 3)
    assert figures.macro_f1 == pytest.approx(2 / 3)
    assert "crisis recall by level" in report(figures)


def test_wilson_interval_of_half() -> None:
    # 5 of 10: 23.7 % to 76.3 % (Wilson 1927; any statistics table).
    assert Share(5, 10).interval == pytest.approx((0.2366, 0.7634), abs=1e-3)


def test_reading_is_empty_by_default() -> None:
    assert Reading().signals == Reading().ask == ()
    assert all(first.rank < second.rank for first, second in pairwise(Level))
