"""Runs a module of ours with stopwatches in it: `python -m bench.watched bot run …`.

Nothing in the product knows of this: functions are replaced before the module starts. Every span is
a line of JSON in a file per process; what is inside a span of the same thread counts in both.
"""

import atexit
import functools
import inspect
import json
import os
import runpy
import sys
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any

FOLDER = "BENCH_SPANS"
"""The setting that names the folder of the files."""

_spans: list[dict[str, Any]] = []
_inside: ContextVar[str] = ContextVar("_inside", default="")
_message_id: ContextVar[int | None] = ContextVar("_message_id", default=None)


def note(name: str, began: float, **more: Any) -> None:
    """Keep a span that ends now, with the name of the one around it."""
    span = {"name": name, "began": began, "ended": time.monotonic(), "inside": _inside.get()}
    _spans.append(span | more)


def watch(owner: Any, attribute: str, name: str, key: str = "") -> None:
    """Put a stopwatch around a function or coroutine.

    `key` names the argument that is the id, perhaps with an attribute: `turn.message_id`.
    """
    inner = getattr(owner, attribute)
    shape = inspect.signature(inner)
    argument, _, inner_name = key.partition(".")

    def id_of(args: Any, options: Any) -> Any:
        if not key:
            return _message_id.get()
        value = shape.bind(*args, **options).arguments[argument]
        return getattr(value, inner_name) if inner_name else value

    @functools.wraps(inner)
    def timed(*args: Any, **options: Any) -> Any:
        began, cpu, around = time.monotonic(), time.thread_time(), _inside.set(name)
        try:
            return inner(*args, **options)
        finally:
            _inside.reset(around)
            note(name, began, cpu=time.thread_time() - cpu, id=id_of(args, options))

    @functools.wraps(inner)
    async def timed_async(*args: Any, **options: Any) -> Any:
        began, around = time.monotonic(), _inside.set(name)
        try:
            return await inner(*args, **options)
        finally:
            _inside.reset(around)
            note(name, began, id=id_of(args, options))

    setattr(owner, attribute, timed_async if inspect.iscoroutinefunction(inner) else timed)


def watch_bot() -> None:
    """The steps of a turn, each under the id of a message of ours, and every request."""
    from telegram import Bot

    from bot import tasks
    from bot.rasa import Rasa
    from bot.services import conversation
    from bot.telegram import delivery, inbound

    keep_id(conversation, "receive")
    watch(inbound, "receive", "T1")
    watch(inbound, "read", "reading")
    watch(tasks.take_turn, "func", "turn job", "message_id")
    watch(tasks, "_begin", "begin", "message_id")
    watch(Rasa, "take_turn", "Rasa turn", "message_id")
    watch(tasks, "_conclude", "T2", "turn.message_id")
    watch(delivery.deliver, "func", "send job", "message_id")
    watch(delivery, "_claim_if_free", "claim", "message_id")
    watch(delivery, "_sent", "mark sent", "message_id")
    for method in ("send_message", "send_chat_action", "get_updates"):
        watch(Bot, method, method)


def watch_actions() -> None:
    """Every action, from its call to its events."""
    from actions.base import PraatjeAction

    watch(PraatjeAction, "_act_in_transaction", "action", "self.action_name")


def keep_id(owner: Any, attribute: str) -> None:
    """Remember the id of the message that a service returns, for the span around it."""
    inner = getattr(owner, attribute)

    @functools.wraps(inner)
    def kept(*args: Any, **options: Any) -> Any:
        message = inner(*args, **options)
        _message_id.set(message.id if message is not None else None)
        return message

    setattr(owner, attribute, kept)


def watch_database() -> None:
    """Every statement of SQLAlchemy and of the queue, and every commit."""
    from procrastinate import PsycopgConnector, SyncPsycopgConnector
    from sqlalchemy import Engine, event
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
    from sqlalchemy.engine.default import DefaultDialect

    began: ContextVar[float] = ContextVar("began")

    @event.listens_for(Engine, "before_cursor_execute")
    def before(*_: Any) -> None:
        began.set(time.monotonic())

    @event.listens_for(Engine, "after_cursor_execute")
    def after(_: Any, __: Any, statement: str, *___: Any) -> None:
        note("statement", began.get(), sql=statement)

    watch(DefaultDialect, "do_commit", "commit")
    watch(PGDialect_psycopg, "do_ping", "ping")
    for connector in (PsycopgConnector, SyncPsycopgConnector):
        for attribute in vars(connector):
            if attribute.startswith("execute_query"):
                watch(connector, attribute, "queue statement", "query")


def _write() -> None:
    file = Path(os.environ[FOLDER]) / f"{os.getpid()}.jsonl"
    file.write_text("".join(f"{json.dumps(span, default=str)}\n" for span in _spans))


def main() -> None:
    """Run the module that is named, and hand its arguments on."""
    module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    if module == "bot" and "--role" not in arguments:
        pass_on()
    elif module in ("bot", "actions"):
        atexit.register(_write)
        watch_database()
        watch_bot() if module == "bot" else watch_actions()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def pass_on() -> None:
    """Have a supervisor start our processes watched too."""
    from bot.supervisor import Supervisor

    add = Supervisor.add

    def add_watched(self: Supervisor, name: str, command: Any, *more: Any, **options: Any) -> None:
        if command[1] == "-m" and command[2] in ("bot", "actions"):
            command = [*command[:2], "bench.watched", *command[2:]]
        add(self, name, command, *more, **options)

    Supervisor.add = add_watched  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
