"""Where does a turn of ours spend its time? For whoever wants to make it faster."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sqlalchemy import select

from bench import processes
from bench.figures import Turn
from bench.installation import Installation
from bench.report import table
from bench.turn import Level, Ours, warm_up
from bot.models import Message

LEVELS = (Level(1, 6, 10), Level(20, 20, 10))
MOST_STATEMENTS = 40

Span = dict[str, Any]

STEPS = (
    ("first transaction (T1)", ("T1", "began"), ("T1", "ended")),
    ("waiting for a worker", ("T1", "ended"), ("turn job", "began")),
    ("begin", ("turn job", "began"), ("begin", "ended")),
    ("Rasa: dialogue and actions", ("begin", "ended"), ("T2", "began")),
    ("last transaction (T2)", ("T2", "began"), ("T2", "ended")),
    ("waiting for a sender", ("T2", "ended"), ("send job", "began")),
    ("claim", ("send job", "began"), ("claim", "ended")),
    ("sendMessage", ("claim", "ended"), ("mark sent", "began")),
)
"""What lies between a text and its reply, end to end; each from one stopwatch to another."""


@dataclass(frozen=True, slots=True)
class Block:
    """What happened at one level: turns, and processor seconds by part."""

    level: Level
    turns: Sequence[Turn]
    cpu: Mapping[str, float]

    @property
    def began(self) -> float:
        return min(turn.said_at for turn in self.turns)

    @property
    def ended(self) -> float:
        return max(turn.answered_at or turn.said_at for turn in self.turns)


def run(place: Installation, ours: Ours) -> str:
    """Load, stop the installation so that its stopwatches are written, and add up."""
    warm_up(ours)
    blocks = [_block(place, ours, level) for level in LEVELS]
    with ours.sessions() as session:
        known = select(Message.id, Message.in_reply_to_id).where(
            Message.in_reply_to_id.is_not(None)
        )
        asked_by = dict(session.execute(known).tuples().all())
    processes.stop(place.supervisor)
    spans = [
        json.loads(line)
        for file in place.spans.glob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return "\n\n".join(_told(block, spans, asked_by) for block in blocks)


def _block(place: Installation, ours: Ours, level: Level) -> Block:
    parts = {**place.parts(), **place.apart()}
    before: dict[str, float] = {}
    turns = asyncio.run(ours.block(level, lambda: before.update(_cpu(parts))))
    after = _cpu(parts)
    return Block(level, turns, {name: after[name] - before[name] for name in parts})


def _cpu(parts: Mapping[str, Any]) -> dict[str, float]:
    return {name: processes.cpu_seconds(found) for name, found in parts.items()}


def _told(block: Block, spans: Sequence[Span], asked_by: Mapping[int, int | None]) -> str:
    inside = [span for span in spans if block.began <= span["began"] <= block.ended]
    answered = [turn for turn in block.turns if turn.answered_at is not None]
    total = fmean(turn.seconds for turn in answered)
    head = f"{block.level.at_once} at once: {len(answered)} turns, {total * 1000:.1f} ms each"
    return "\n\n".join(
        (
            head,
            _steps(inside, asked_by, total),
            _processors(block),
            _by_name(inside, len(answered)),
            _statements(inside, len(answered)),
        )
    )


def _steps(spans: Iterable[Span], asked_by: Mapping[int, int | None], total: float) -> str:
    """Mean of every step; means add up, and the rest is the way from and to Telegram."""
    by_message: dict[int, dict[str, Span]] = {}
    for span in spans:
        if span.get("id") is not None and isinstance(span["id"], int):
            message = asked_by.get(span["id"]) or span["id"]
            by_message.setdefault(message, {}).setdefault(span["name"], span)
    names = {name for _, start, end in STEPS for name, _ in (start, end)}
    whole = [found for found in by_message.values() if names <= found.keys()]
    means = [
        (step, fmean(found[end][to] - found[start][at] for found in whole))
        for step, (start, at), (end, to) in STEPS
    ]
    rest = total - sum(seconds for _, seconds in means)
    rows = [("to the gateway, and the rest", rest), *means]
    return table(("step", "ms"), [(step, _ms(seconds)) for step, seconds in rows])


def _processors(block: Block) -> str:
    """Processor time by process: what throughput is made of."""
    rows = [(name, _ms(spent / len(block.turns))) for name, spent in block.cpu.items()]
    rows.append(("together", _ms(sum(block.cpu.values()) / len(block.turns))))
    return table(("processor time of a turn", "ms"), rows)


def _by_name(spans: Iterable[Span], turns: int) -> str:
    by_name: dict[str, list[Span]] = {}
    for span in spans:
        by_name.setdefault(_called(span), []).append(span)
    rows = [
        (
            name,
            f"{len(found) / turns:.1f}",
            _ms(fmean(span["ended"] - span["began"] for span in found)),
            _ms(fmean(span.get("cpu", 0.0) for span in found)),
        )
        for name, found in sorted(by_name.items())
    ]
    return table(("span", "a turn", "ms each", "of it processor"), rows)


def _called(span: Span) -> str:
    """The name of a span, with the action or what it happens inside of where that tells more."""
    if span["name"] == "action":
        return f"action {span['id']}"
    inner = span["name"] in ("commit", "statement", "ping", "queue statement")
    return f"{span['name']} in {span['inside'] or 'the queue'}" if inner else str(span["name"])


def _statements(spans: Iterable[Span], turns: int) -> str:
    by_text: dict[str, list[float]] = {}
    for span in spans:
        text = span.get("sql") or (span["id"] if span["name"] == "queue statement" else None)
        if text:
            line = f"{span['inside'] or '-'}: {_short(text)}"
            by_text.setdefault(line, []).append(span["ended"] - span["began"])
    busiest = sorted(by_text.items(), key=lambda item: -sum(item[1]))[:MOST_STATEMENTS]
    rows = [(text, f"{len(times) / turns:.1f}", _ms(sum(times) / turns)) for text, times in busiest]
    return table(("statement", "a turn", "ms a turn"), rows)


def _short(statement: str) -> str:
    """The verb and table of a statement, and what it looks for."""
    flat = re.sub(r"\s+", " ", statement).strip()
    flat = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", flat)
    flat = re.sub(r"\(([^()]{60})[^()]*\)", r"(\1…)", flat)
    return flat[:90]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"
