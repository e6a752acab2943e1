"""What was found in a message is marked in it, exactly, and nothing in it is ever markup."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from bot.console.highlight import explained, highlighted
from bot.models import FindingKind, MessageFinding
from bot.understanding.labels import Signal


def found(signal: Signal, start: int, end: int, **more: object) -> MessageFinding:
    values = {"by": "rule:some.rule", "score": 1.0, "kind": FindingKind.SHOWN} | more
    return MessageFinding(signal=signal, start=start, end=end, **values)


def marked(html: str) -> list[str]:
    """The words in marks, as seen on screen."""
    without_hidden = re.sub(r'<span class="sr-only">.*?</span>', "", html)
    return re.findall(r"<mark[^>]*>(.*?)</mark>", without_hidden, re.DOTALL)


def seen(html: str) -> str:
    """The text as seen on screen, still escaped."""
    return re.sub(r"<[^>]+>", "", re.sub(r'<span class="sr-only">.*?</span>', "", html))


def test_r8_the_words_themselves_are_marked_and_said_in_dutch() -> None:
    html = highlighted("ik wil niet meer leven", [found(Signal.SUICIDE, 3, 22)])
    assert marked(html) == ["wil niet meer leven"]
    assert "gedachten aan zelfmoord" in html
    assert html.startswith("ik <mark")
    assert "mark--danger" in html


def test_r8_what_residents_write_is_never_markup() -> None:
    text = '<script>alert("x")</script> & eenzaam <b>'
    start = text.index("eenzaam")
    html = highlighted(text, [found(Signal.LONELY_EXPLICIT, start - 2, start + 8)])
    assert "<script>" not in html
    assert "<b>" not in html
    assert marked(html) == ["&amp; eenzaam "]
    assert seen(html) == ("&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; eenzaam &lt;b&gt;")


def test_r8_overlapping_findings_share_their_stretch_and_the_gravest_gives_the_colour() -> None:
    text = "sinds mijn man dood is wil ik niet meer"
    html = highlighted(
        text, [found(Signal.BEREAVEMENT, 0, 22), found(Signal.SUICIDE, 15, len(text))]
    )
    assert marked(html) == ["sinds mijn man ", "dood is", " wil ik niet meer"]
    assert "[rouw, gedachten aan zelfmoord: </span>dood is" in html
    colours = re.findall(r"mark--(\w+)", html)
    assert colours == ["cause", "danger", "danger"]


def test_r8_each_flag_tells_its_words_rule_and_score() -> None:
    text = "ik voel me eenzaam"
    (told,) = explained(text, [found(Signal.LONELY_EXPLICIT, 11, 18, score=0.875)])
    assert told["words"] == "eenzaam"
    assert told["by"] == "regel some.rule"
    assert told["score"] == "0,88"
    (other,) = explained(text, [found(Signal.ABUSE, 0, 2, kind=FindingKind.OTHER)])
    assert other["label"] == "geweld, dwang of uitbuiting (over iemand anders)"


def test_letters_outside_the_first_plane_shift_nothing() -> None:
    text = "😢😢 eenzaam"
    assert marked(highlighted(text, [found(Signal.LONELY_EXPLICIT, 3, 10)])) == ["eenzaam"]


spans = st.tuples(st.sampled_from(Signal), st.integers(-3, 40), st.integers(-3, 40))


@given(st.text(max_size=30), st.lists(spans, max_size=6))
def test_r8_whatever_the_spans_the_text_stays_whole(
    text: str, made: list[tuple[Signal, int, int]]
) -> None:
    html = highlighted(text, [found(*each) for each in made])
    assert seen(html) == str(escape(text))
    assert html.count("<mark") == html.count("</mark>")
