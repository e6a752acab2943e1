"""The state file: people, chats, files, waiting updates and counters outlive a restart."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.clock import write_atomically
from sandbox.model import Group, Json, Person, StoredFile, StoredMessage, Webhook
from sandbox.state import State
from sandbox.updates import Entry

PAUSE = 0.5
_COUNTERS = ("next_person_id", "next_message_id")


class StateFileError(Exception):
    """The state file cannot be read."""


class Keeper:
    """Reads the file once, then writes it shortly after something changed."""

    def __init__(self, state: State, file: Path) -> None:
        self._state = state
        self._file = file
        if file.exists():
            try:
                restore(state, json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise StateFileError(f"cannot read the state file {file}: {error!r}") from error
        self._written = self._fingerprint()

    async def run(self) -> None:
        """Write soon after a change, but spend no more than a tenth of the time on writing."""
        pause = PAUSE
        while True:
            await asyncio.sleep(pause)
            begin = time.monotonic()
            self.save()
            pause = max(PAUSE, 10 * (time.monotonic() - begin))

    def save(self) -> None:
        """Write the file, if anything changed."""
        now = self._fingerprint()
        if now != self._written:
            write_atomically(self._file, json.dumps(snapshot(self._state), ensure_ascii=False))
            self._written = now

    def _fingerprint(self) -> tuple[object, ...]:
        state = self._state
        webhook = tuple(asdict(state.webhook).values())
        return state.revision, state.updates.revision, webhook, str(state.commands)


def snapshot(state: State) -> Json:
    """Everything worth keeping, as JSON values."""
    return {
        "people": [asdict(person) for person in state.people.values()],
        "groups": [asdict(group) for group in state.groups.values()],
        "messages": [asdict(m) for chat in state.messages.values() for m in chat.values()],
        "files": [_file_json(file) for file in state.files.values()],
        "pending": [asdict(entry) for entry in state.updates.pending],
        "held": [asdict(entry) for entry in state.updates.held],
        "holding": state.updates.holding,
        "allowed": state.updates.allowed,
        "next_update_id": state.updates.next_id,
        "webhook": asdict(state.webhook),
        "commands": state.commands,
        "callbacks": state.callbacks,
        **{name: getattr(state, name) for name in _COUNTERS},
    }


def restore(state: State, saved: Json) -> None:
    """Fill a fresh state; raises KeyError, TypeError or ValueError when `saved` is no snapshot."""
    state.people = _by_id(Person, saved["people"])
    state.groups = _by_id(Group, saved["groups"])
    for values in saved["messages"]:
        message = StoredMessage(**values)
        chat = state.messages.setdefault(message.payload["chat"]["id"], {})
        chat[message.payload["message_id"]] = message
    for values in saved["files"]:
        file = StoredFile(**{**values, "content": base64.b64decode(values["content"])})
        state.files[file.id] = file
    state.updates.pending.extend(Entry(**values) for values in saved["pending"])
    state.updates.held = [Entry(**values) for values in saved["held"]]
    state.updates.holding = bool(saved["holding"])
    state.updates.allowed = list(saved["allowed"])
    state.updates.next_id = max(state.updates.next_id, int(saved["next_update_id"]))
    state.webhook = Webhook(**saved["webhook"])
    state.commands = list(saved["commands"])
    state.callbacks = dict(saved["callbacks"])
    for name in _COUNTERS:
        setattr(state, name, max(getattr(state, name), int(saved[name])))


def _by_id(kind: Callable[..., Any], rows: list[Json]) -> dict[int, Any]:
    made = [kind(**row) for row in rows]
    return {thing.id: thing for thing in made}


def _file_json(file: StoredFile) -> Json:
    content = base64.b64encode(file.content).decode()
    return {**{k: getattr(file, k) for k in file.__slots__}, "content": content}
