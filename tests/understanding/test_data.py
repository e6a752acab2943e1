"""The word lists and frames hold together; a newcomer's slip in them fails here."""

import re
from collections import Counter
from pathlib import Path

import pytest

import bot.understanding
from bot.understanding import Signal
from bot.understanding.data import table, tables
from bot.understanding.patterns import mix, present, say
from bot.understanding.text import tokens, windows
from bot.understanding.vocabulary import Vocabulary

FOLDER = Path(bot.understanding.__file__).parent
FRAMES = [frame for family in tables("frames") for frame in family["frame"]]


def test_every_list_is_used() -> None:
    lists = table("lexicons/words.toml")["words"]
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*/*.toml"))
    assert set(re.findall(r"\{(\w+)\}", text)) == set(lists)


def test_frames_have_their_own_ids_and_all_signals_have_a_frame() -> None:
    ids = Counter(frame["id"] for frame in FRAMES)
    assert [name for name, times in ids.items() if times > 1] == []
    assert {frame["signal"] for frame in FRAMES if "signal" in frame} == set(Signal)


def test_no_pattern_is_a_whole_message() -> None:
    """Frames stand for kinds of words: none is so long that it is a sentence."""
    longest = max(len(p.split()) for frame in FRAMES for p in frame.get("say", ()))
    assert longest <= 14


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        ("a b", "a b", ["a b"]),
        ("a b", "a c b", []),
        ("a .. b", "a c c c b", ["a c c c b"]),
        ("a .. b", "a c c c c b", []),
        ("a b? c", "a c", ["a c"]),
        ("a|b c", "b c en a c", ["b c", "a c"]),
        ("dood* c", "doodmoe c", ["doodmoe c"]),
        ("a_b c", "x a b c", ["a b c"]),
        ("a b", "a. b", []),
    ],
)
def test_ordered_patterns(pattern: str, text: str, words: list[str]) -> None:
    vocabulary = Vocabulary()
    compiled = say(pattern, vocabulary)
    vocabulary.close()
    found = list(tokens(text))
    spots = vocabulary.spots(found)
    sentence = [sum(token.stop for token in found[: at + 1]) for at in range(len(found))]
    spans = [
        text[found[match[0][0]].start : found[match[-1][1] - 1].end]
        for match in compiled.find(spots, sentence)
    ]
    assert sorted(spans) == sorted(words)
    assert bool(compiled.needs & present(spots) == compiled.needs) or not words


def test_unordered_patterns_take_the_nearest() -> None:
    vocabulary = Vocabulary()
    compiled = mix(["zoon", "belt", "nooit"], 4, vocabulary)
    vocabulary.close()
    found = list(tokens("nooit belt mijn zoon"))
    assert list(compiled.find(vocabulary.spots(found), [0] * 4)) == [((0, 1), (1, 2), (3, 4))]
    assert not list(compiled.find(vocabulary.spots(found), [0, 0, 1, 1]))


def test_a_pattern_begins_with_what_must_be_there() -> None:
    with pytest.raises(ValueError, match="begins"):
        say("a? b", Vocabulary())


def test_spelling_is_forgiven_but_real_words_are_left() -> None:
    vocabulary = Vocabulary()
    element = vocabulary.number("eenzaamheid|kinderen|stappen")
    vocabulary.close()
    found = list(tokens("eenzaamhied kinderne kindern stoppen stappen EENZAAMHEID"))
    assert sorted(vocabulary.spots(found)[element]) == [0, 1, 2, 4, 5]


def test_one_written_word_may_stand_for_two() -> None:
    first, second = tokens("kben")
    assert (first.word, second.word) == ("ik", "ben")
    assert (first.start, first.end) == (second.start, second.end) == (0, 4)


def test_windows_overlap_and_cover_all() -> None:
    found = list(tokens("la " * 1_000))
    starts = [token.start for _, window in windows(found) for token in window]
    assert set(starts) == {token.start for token in found}
    assert len(starts) > len(found)
    assert all(found[begin] is window[0] for begin, window in windows(found))
