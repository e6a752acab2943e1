"""Puts right a typing error, when the word is no Dutch word and one of ours is one slip away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from spacy.lookups import load_lookups
from spacy.strings import get_string_id

SHORTEST = 5


def dutch_words() -> frozenset[int]:
    """Hashes of the Dutch words in spaCy's look-up table: all forms and all lemmas."""
    lemmas = load_lookups("nl", ["lemma_lookup"]).get_table("lemma_lookup")
    return frozenset(lemmas.keys()).union(map(get_string_id, lemmas.values()))


class Speller:
    """Finds the word of the vocabulary that a misspelt word was meant to be."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._known = frozenset(vocabulary)
        self._dutch = dutch_words()
        self._by_deletion: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) >= SHORTEST:
                for shorter in {word, *_deletions(word)}:
                    self._by_deletion[shorter].append(word)

    def meant(self, word: str) -> str:
        """The word itself when it is known or real, else the nearest word of the vocabulary."""
        if word in self._known or len(word) < SHORTEST - 1 or get_string_id(word) in self._dutch:
            return word
        for candidate in (word, *_deletions(word)):
            for near in self._by_deletion.get(candidate, ()):
                if near[0] == word[0] and _one_slip(word, near):
                    return near
        return word


def _deletions(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _one_slip(word: str, near: str) -> bool:
    """One letter more, less or other, or two swapped (words that share a deletion)."""
    if len(word) != len(near):
        return abs(len(word) - len(near)) == 1
    wrong = [at for at, (a, b) in enumerate(zip(word, near, strict=True)) if a != b]
    swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
    return len(wrong) == 1 or (swapped and word[wrong[0]] == near[wrong[1]])
