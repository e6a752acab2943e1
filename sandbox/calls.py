"""The log of Bot API calls, for tests and benches that want to know what the bot did."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.bell import Bell
from sandbox.model import Json

# A long bench makes many calls; the oldest go first.
MOST_CALLS = 50_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `answer` is None when the sandbox kept silent. Numbers count finished calls."""

    n: int
    method: str
    chat_id: int | None
    arguments: Json
    answer: Json | None
    fault: str | None
    at: float
    monotonic: float

    def as_json(self) -> Json:
        """For the control API; `at` is real seconds since 1970."""
        return {name: getattr(self, name) for name in self.__slots__}

    def is_about(self, method: str | None, chat_id: int | None) -> bool:
        """Whether the call passes a filter."""
        return (method is None or method.lower() == self.method.lower()) and (
            chat_id is None or chat_id == self.chat_id
        )


class CallLog:
    """The last calls, in the order in which they were finished."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self._count = 0
        self.bell = Bell()

    @property
    def last(self) -> int:
        """The number of the last call."""
        return self._count

    def add(
        self,
        method: str,
        chat_id: int | None,
        arguments: Json,
        answer: Json | None,
        fault: str | None = None,
    ) -> None:
        """Note a call that is done."""
        self._count += 1
        now = (time.time(), time.monotonic())
        self._calls.append(Call(self._count, method, chat_id, arguments, answer, fault, *now))
        self.bell.ring()

    def since(
        self, after: int = 0, method: str | None = None, chat_id: int | None = None
    ) -> Iterator[Call]:
        """Calls numbered above `after` that pass the filter, oldest first."""
        found = []
        for call in reversed(self._calls):
            if call.n <= after:
                break
            if call.is_about(method, chat_id):
                found.append(call)
        return reversed(found)

    def clear(self) -> None:
        """Forget the calls; numbers go on."""
        self._calls.clear()
