"""Control API for what goes to and fro: updates, faults, the log of calls."""

from starlette.requests import Request
from starlette.routing import Route

from sandbox.calls import CallLog
from sandbox.control_http import needed, optional, query_int, query_seconds, route
from sandbox.errors import ControlError
from sandbox.faults import Faults
from sandbox.model import Json
from sandbox.state import State

_FAULT_FIELDS: dict[str, type | tuple[type, ...]] = {
    "chat_id": int,
    "method": str,
    "count": int,
    "description": str,
    "retry_after": int,
    "seconds": (int, float),
    "perform": bool,
}


class TrafficControl:
    """Endpoints under `/control/updates`, `/control/faults` and `/control/calls`."""

    def __init__(self, state: State, faults: Faults, calls: CallLog) -> None:
        self._updates = state.updates
        self._faults = faults
        self._calls = calls

    def routes(self) -> list[Route]:
        """For the application."""
        return [
            route("/updates", self.updates, "GET"),
            route("/updates", self.inject),
            route("/updates/hold", self.hold),
            route("/updates/release", self.release),
            route("/faults", self.faults, "GET"),
            route("/faults", self.add_fault),
            route("/faults", self.clear_faults, "DELETE"),
            route("/faults/{id:int}", self.clear_fault, "DELETE"),
            route("/calls", self.calls, "GET"),
            route("/calls", self.clear_calls, "DELETE"),
            route("/calls/wait", self.wait, "GET"),
        ]

    async def updates(self, _: Request, __: Json) -> Json:
        """What waits for the bot."""
        return {
            "pending": [entry.update for entry in self._updates.pending],
            "held": [entry.update for entry in self._updates.held],
            "pollers": self._updates.pollers,
            "holding": self._updates.holding,
            "next_update_id": self._updates.next_id,
        }

    async def inject(self, _: Request, body: Json) -> Json:
        """Queue a raw `update`, `times` times."""
        update = needed(body, "update", dict)
        self._updates.inject(update, optional(body, "times", int, 1))
        return dict(update)

    async def hold(self, _: Request, __: Json) -> Json:
        """Keep new updates back."""
        self._updates.hold()
        return {"holding": True}

    async def release(self, _: Request, body: Json) -> Json:
        """Deliver what was kept back, in its order, in `order` (update ids), or in `reverse`."""
        order = body.get("order")
        if order is not None and not isinstance(order, list):
            raise ControlError("order must be a list of update ids")
        return {"released": self._updates.release(order, reverse=bool(body.get("reverse")))}

    async def faults(self, _: Request, __: Json) -> Json:
        """The faults that are planned."""
        return {"faults": self._faults.as_json()}

    async def add_fault(self, _: Request, body: Json) -> Json:
        """Plan a fault."""
        given = {name for name, value in body.items() if value is not None} - {"kind"}
        if unknown := given - _FAULT_FIELDS.keys():
            raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
        settings = {name: needed(body, name, _FAULT_FIELDS[name]) for name in given}
        return self._faults.add(needed(body, "kind", str), **settings).as_json()

    async def clear_faults(self, _: Request, __: Json) -> Json:
        """Remove all faults."""
        return {"cleared": self._faults.clear()}

    async def clear_fault(self, request: Request, _: Json) -> Json:
        """Remove one fault."""
        return {"cleared": self._faults.clear(request.path_params["id"])}

    async def calls(self, request: Request, _: Json) -> Json:
        """Calls after number `after`, filtered."""
        return self._found(request)

    async def clear_calls(self, _: Request, __: Json) -> Json:
        """Empty the log."""
        self._calls.clear()
        return {"last": self._calls.last}

    async def wait(self, request: Request, _: Json) -> Json:
        """The same, but waits until there are `count` of them (one, unless said)."""
        count = query_int(request, "count") or 1

        def look() -> Json | None:
            found = self._found(request)
            return found if len(found["calls"]) >= count else None

        found = await self._calls.bell.wait_for(look, query_seconds(request))
        return found or self._found(request)

    def _found(self, request: Request) -> Json:
        found = self._calls.since(
            query_int(request, "after") or 0,
            request.query_params.get("method"),
            query_int(request, "chat_id"),
        )
        return {"calls": [call.as_json() for call in found], "last": self._calls.last}
