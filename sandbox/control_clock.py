"""Control API for the test clock, health and the clean start."""

from datetime import datetime

import httpx
from starlette.requests import Request
from starlette.routing import Route

from sandbox.calls import CallLog
from sandbox.control_http import needed, route
from sandbox.errors import ControlError
from sandbox.faults import Faults
from sandbox.model import Json, Webhook
from sandbox.state import State


class ClockControl:
    """Endpoints under `/control/clock`, and `/control/health` and `/control/reset`."""

    def __init__(self, state: State, faults: Faults, calls: CallLog, app_url: str | None) -> None:
        self._state = state
        self._faults = faults
        self._calls = calls
        self._app_url = app_url

    def routes(self) -> list[Route]:
        """For the application."""
        return [
            route("/health", self.health, "GET"),
            route("/reset", self.reset),
            route("/clock", self.read, "GET"),
            route("/clock", self.move),
            route("/clock/next", self.next),
        ]

    async def health(self, _: Request, __: Json) -> Json:
        """Whether the sandbox runs."""
        return {"ok": True, "people": len(self._state.people), "bot": self._state.bot["username"]}

    async def reset(self, _: Request, body: Json) -> Json:
        """Empty everything but the clock; with `keep_webhook` a running bot stays connected."""
        self._state.clear()
        self._faults.clear()
        self._calls.clear()
        if not body.get("keep_webhook"):
            self._state.webhook = Webhook()
            self._state.updates.allowed = []
        return {"ok": True}

    async def read(self, _: Request, __: Json) -> Json:
        """The time."""
        return self._time()

    async def move(self, _: Request, body: Json) -> Json:
        """`advance_seconds`, `to` or `reset`."""
        clock = self._state.clock
        if body.get("reset"):
            clock.reset()
        elif "to" in body:
            clock.move_to(_moment(needed(body, "to", str)))
        else:
            clock.advance(float(needed(body, "advance_seconds", (int, float))))
        return self._moved()

    async def next(self, _: Request, __: Json) -> Json:
        """To one second after the next check-in, which Praatje is asked for."""
        answer = await self._ask_next()
        if not isinstance(answer.get("at"), str):
            raise ControlError("Er staat geen check-in gepland.", 404)
        moment = _moment(answer["at"])
        ahead = moment.timestamp() + 1 - self._state.clock.timestamp()
        # A check-in that is due already needs no move.
        self._state.clock.advance(max(ahead, 0))
        return {**self._moved(), "check_in": answer}

    async def _ask_next(self) -> Json:
        if not self._app_url:
            raise ControlError("Het adres van Praatje is niet bekend (--app-url).", 409)
        url = self._app_url.rstrip("/") + "/sandbox/next-check-in"
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
                response = await http.get(url)
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, ValueError):
            raise ControlError("Praatje geeft geen antwoord. Draait de app?", 502) from None
        return answer if isinstance(answer, dict) else {}

    def _moved(self) -> Json:
        time = self._time()
        self._state.emit("clock", **time)
        return time

    def _time(self) -> Json:
        clock = self._state.clock
        return {"now": clock.now().isoformat(), "offset_seconds": round(clock.offset, 3)}


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ControlError("Het tijdstip is geen ISO 8601, bijvoorbeeld ...T09:00:00Z.") from None
