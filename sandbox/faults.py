"""What goes wrong on purpose: per chat, per method, a number of times or until cleared."""

from dataclasses import asdict, dataclass
from typing import Any

from sandbox.errors import ApiError, ControlError
from sandbox.model import Json

KINDS = frozenset(
    {
        "bad_request",
        "blocked",
        "deactivated",
        "forbidden",
        "too_many_requests",
        "bad_gateway",
        "silence",
        "delay",
    }
)


@dataclass(slots=True)
class Fault:
    """One planned fault; `None` for chat, method or count means any, any, for ever."""

    id: int
    kind: str
    chat_id: int | None = None
    method: str | None = None
    count: int | None = None
    description: str | None = None
    retry_after: int = 1
    seconds: float = 1.0
    # Only for silence: whether Telegram did what was asked before it fell silent.
    perform: bool = False

    def matches(self, method: str, chat_id: int | None) -> bool:
        """Whether this fault hits a call."""
        return (self.method is None or self.method.lower() == method.lower()) and (
            self.chat_id is None or self.chat_id == chat_id
        )

    def error(self) -> ApiError | None:
        """The refusal, for the kinds that refuse."""
        match self.kind:
            case "bad_request":
                return ApiError(400, self.description or "Bad Request: chat not found")
            case "blocked":
                return ApiError(403, "Forbidden: bot was blocked by the user")
            case "deactivated":
                return ApiError(403, "Forbidden: user is deactivated")
            case "forbidden":
                return ApiError(403, self.description or "Forbidden: bot was kicked")
            case "too_many_requests":
                text = f"Too Many Requests: retry after {self.retry_after}"
                return ApiError(429, text, self.retry_after)
            case "bad_gateway":
                return ApiError(502, "Bad Gateway")
        return None

    def as_json(self) -> Json:
        """For the control API."""
        return asdict(self)


class Faults:
    """The planned faults; the first that matches is taken."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next_id = 1

    def add(self, kind: str, **settings: Any) -> Fault:
        """Plan a fault; settings are the other fields of `Fault`."""
        if kind not in KINDS:
            raise ControlError(f"kind must be one of: {', '.join(sorted(KINDS))}")
        fault = Fault(self._next_id, kind, **settings)
        self._next_id += 1
        self._faults.append(fault)
        return fault

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault for this call, counted down."""
        for fault in self._faults:
            if fault.matches(method, chat_id):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def clear(self, fault_id: int | None = None) -> int:
        """Remove one fault, or all; answers how many."""
        before = len(self._faults)
        self._faults = [f for f in self._faults if fault_id is not None and f.id != fault_id]
        return before - len(self._faults)

    def as_json(self) -> list[Json]:
        """For the control API."""
        return [fault.as_json() for fault in self._faults]
