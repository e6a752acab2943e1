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
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = "BENCH_SPANS"
"""The setting that names the folder of the files."""

_spans: list[dict[str, Any]] = []
_now = threading.local()


def note(name: str, began: float, cpu: float | None = None, **more: Any) -> None:
    """Keep a span that ends now; `cpu` is the thread's processor time at its start."""
    span = {"name": name, "began": began, "ended": time.monotonic(), **more}
    if cpu is not None:
        span["cpu"] = time.thread_time() - cpu
    _spans.append(span)


def watch(owner: Any, attribute: str, name: str, key: Callable[..., Any] | None = None) -> None:
    """Put a stopwatch around a function or coroutine; `key` makes an id of its arguments."""
    inner = getattr(owner, attribute)

    @functools.wraps(inner)
    def timed(*args: Any, **options: Any) -> Any:
        began, cpu = time.monotonic(), time.thread_time()
        try:
            return inner(*args, **options)
        finally:
            note(name, began, cpu, id=key(*args, **options) if key else None)

    @functools.wraps(inner)
    async def timed_async(*args: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return await inner(*args, **options)
        finally:
            note(name, began, id=key(*args, **options) if key else None)

    setattr(owner, attribute, timed_async if inspect.iscoroutinefunction(inner) else timed)


def watch_bot() -> None:
    """The steps of a turn, each under the id of our message; requests and statements."""
    from telegram import Bot

    from bot import tasks
    from bot.queue import jobs
    from bot.rasa import Rasa
    from bot.services import conversation
    from bot.telegram import delivery, inbound

    keep_id(conversation, "receive")
    watch(inbound, "receive", "T1", lambda *_: getattr(_now, "message_id", None))
    watch(inbound, "read", "read")
    watch(tasks.take_turn, "func", "turn job", lambda _, message_id: message_id)
    watch(tasks, "_begin", "begin", lambda _, message_id: message_id)
    watch(Rasa, "understand", "Rasa parse")
    watch(Rasa, "take_turn", "Rasa turn", lambda _, __, ___, message_id: message_id)
    watch(tasks, "_conclude", "T2", lambda _, turn, *__: turn.message_id)
    watch(delivery.deliver, "func", "send job", lambda _, message_id: message_id)
    watch(delivery, "_claim", "claim", lambda _, __, message_id: message_id)
    watch(delivery, "_sent", "mark sent", lambda _, message_id, __: message_id)
    watch(Bot, "send_message", "sendMessage")
    watch(Bot, "send_chat_action", "sendChatAction")
    watch(Bot, "get_updates", "getUpdates")
    assert jobs.tasks


def watch_actions() -> None:
    """Every action, from its call to its events."""
    from actions.base import PraatjeAction

    watch(PraatjeAction, "_act_in_transaction", "action", lambda self, *_: self.action_name)


def keep_id(owner: Any, attribute: str) -> None:
    """Remember the id of the message that a service returns, for the span around it."""
    inner = getattr(owner, attribute)

    @functools.wraps(inner)
    def kept(*args: Any, **options: Any) -> Any:
        message = inner(*args, **options)
        _now.message_id = message.id if message is not None else None
        return message

    setattr(owner, attribute, kept)


def watch_database() -> None:
    """Every statement of SQLAlchemy and of the queue, and every commit."""
    from procrastinate import PsycopgConnector, SyncPsycopgConnector
    from sqlalchemy import Engine, event
    from sqlalchemy.engine.default import DefaultDialect

    @event.listens_for(Engine, "before_cursor_execute")
    def before(*_: Any) -> None:
        _now.began = time.monotonic()

    @event.listens_for(Engine, "after_cursor_execute")
    def after(_: Any, __: Any, statement: str, *___: Any) -> None:
        note("statement", _now.began, sql=statement)

    watch(DefaultDialect, "do_commit", "commit")
    watch(DefaultDialect, "do_ping", "ping")
    for connector in (PsycopgConnector, SyncPsycopgConnector):
        for attribute in vars(connector):
            if attribute.startswith("execute_query"):
                watch(connector, attribute, "queue statement", lambda *_, query, **__: query)


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
