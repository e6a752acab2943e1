"""A message as HTML with what was found in it marked; overlapping findings share a mark."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from bot.console import words
from bot.models import MessageFinding


def highlighted(text: str, findings: Sequence[MessageFinding]) -> Markup:
    """The text, escaped, with `<mark>` around each stretch that one set of findings covers."""
    spans = [
        (max(0, found.start), min(found.end, len(text)), found)
        for found in findings
        if found.start < min(found.end, len(text))
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    parts = []
    for start, end in pairwise(edges):
        covering = [found for first, last, found in spans if first <= start and end <= last]
        piece = escape(text[start:end])
        parts.append(_mark(piece, covering) if covering else piece)
    return Markup("").join(parts)


def _mark(piece: Markup, covering: Sequence[MessageFinding]) -> Markup:
    """Screen readers pass over `<mark>`, so what it means is said in words around it."""
    return Markup(
        '<mark class="mark mark--{}"><span class="sr-only">[{}: </span>{}'
        '<span class="sr-only">] </span></mark>'
    ).format(_tone(covering), ", ".join(dict.fromkeys(map(label, covering))), piece)


def _tone(covering: Iterable[MessageFinding]) -> str:
    """Where findings overlap the gravest gives the colour."""
    return min((words.tone(found.signal) for found in covering), key=words.TONES.index)


def label(found: MessageFinding) -> str:
    """The signal in Dutch, and how it counts."""
    if found.signal is None:
        return words.FINDING_KIND[found.kind]
    kind = words.FINDING_KIND[found.kind]
    return f"{words.SIGNAL[found.signal]} ({kind})" if kind else words.SIGNAL[found.signal]


def source(by: str) -> str:
    """ "regel suicide.wish" for `rule:suicide.wish`."""
    kind, _, name = by.partition(":")
    return f"{words.SOURCE[kind]} {name}" if kind in words.SOURCE else by


def explained(text: str, findings: Sequence[MessageFinding]) -> list[dict[str, str]]:
    """Per finding the words it rests on, what saw them and how sure that was (row R8)."""
    return [
        {
            "label": label(found),
            "tone": words.tone(found.signal),
            "words": text[found.start : found.end],
            "by": source(found.by),
            "score": f"{found.score:.2f}".replace(".", ","),
        }
        for found in findings
    ]
