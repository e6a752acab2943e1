"""The queue between people and the bot: ids, acknowledgement, holding, repeating."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.bell import Bell
from sandbox.errors import ControlError
from sandbox.model import Json

# Telegram leaves these out unless the bot asks for them by name.
_ONLY_WHEN_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True, eq=False)
class Entry:
    """One waiting update.

    `forced` marks what a tester made (repeated, injected, reordered): an offset acknowledges it
    only after it was handed out, so that it reaches the bot in spite of its low id.
    """

    update: Json
    chat_id: int | None
    forced: bool = False
    handed_out: bool = False

    @property
    def id(self) -> int:
        """Telegram's update_id."""
        return int(self.update["update_id"])


class UpdateQueue:
    """Updates in the order in which the bot gets them."""

    def __init__(self) -> None:
        # Begins at the time of day so that a restarted sandbox never gives an id twice.
        self.next_id = int(time.time())
        self.pending: deque[Entry] = deque()
        self.held: list[Entry] = []
        self.holding = False
        self.allowed: list[str] = []
        # Counts changes, so that the state file is written only when there are any.
        self.revision = 0
        # How many getUpdates calls are waiting for something to come.
        self.pollers = 0
        self.bell = Bell()

    def add(self, kind: str, content: Json, chat_id: int | None) -> Json:
        """Queue a new update of `kind`; returned also when the bot does not want that kind."""
        update = {"update_id": self.next_id, kind: content}
        self.next_id += 1
        wanted = kind in self.allowed if self.allowed else kind not in _ONLY_WHEN_ASKED
        if wanted:
            self._put(Entry(update, chat_id))
        return update

    def inject(self, update: Json, times: int = 1) -> None:
        """Queue any update as it is, `times` times; its id may repeat or go back."""
        if not isinstance(update.get("update_id"), int):
            raise ControlError("update_id is missing or not a number")
        self.next_id = max(self.next_id, update["update_id"] + 1)
        for _ in range(times):
            self._put(Entry(update, chat_of(update), forced=True))

    def _put(self, entry: Entry) -> None:
        self.revision += 1
        if self.holding:
            self.held.append(entry)
        else:
            self.pending.append(entry)
            self.bell.ring()

    def take(self, offset: int, limit: int) -> list[Json]:
        """What getUpdates answers; acknowledges below `offset`, or all but the last -`offset`."""
        self.acknowledge(offset)
        chosen = [entry for entry, _ in zip(self.pending, range(limit), strict=False)]
        for entry in chosen:
            entry.handed_out = True
        return [entry.update for entry in chosen]

    def acknowledge(self, offset: int) -> None:
        """Forget what the bot has had."""
        self.revision += 1
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        elif offset > 0:
            self._keep(lambda entry: entry.id >= offset or (entry.forced and not entry.handed_out))

    def _keep(self, wanted: Callable[[Entry], bool]) -> None:
        if not all(map(wanted, self.pending)):
            self.pending = deque(filter(wanted, self.pending))

    def done(self, entry: Entry) -> None:
        """The webhook took it."""
        self.revision += 1
        if entry in self.pending:
            self.pending.remove(entry)

    def hold(self) -> None:
        """From now on new updates wait in `held`."""
        self.revision += 1
        self.holding = True

    def release(self, order: Iterable[int] | None = None, *, reverse: bool = False) -> int:
        """Deliver what was held, in its own order, reversed, or as `order` (update ids) says."""
        held = self.held[::-1] if reverse else list(self.held)
        if order is not None:
            place = {update_id: index for index, update_id in enumerate(order)}
            held.sort(key=lambda entry: place.get(entry.id, len(place)))
        self.revision += 1
        moved = held != self.held
        self.held, self.holding = [], False
        for entry in held:
            entry.forced = entry.forced or moved
            self.pending.append(entry)
        self.bell.ring()
        return len(held)

    def clear(self) -> None:
        """Drop everything that waits; ids go on counting."""
        self.revision += 1
        self.pending.clear()
        self.held.clear()
        self.holding = False


def chat_of(update: Json) -> int | None:
    """The chat that an update belongs to, where it has one."""
    for content in update.values():
        if isinstance(content, dict):
            chat = content.get("chat") or content.get("message", {}).get("chat")
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return None
