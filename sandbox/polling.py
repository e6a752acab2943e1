"""getUpdates: long polling by one poller at a time."""

import asyncio

from starlette.requests import Request

from sandbox.errors import ApiError
from sandbox.model import Json
from sandbox.state import State
from sandbox.validation import Arguments

LONGEST_POLL = 50


class Polling:
    """A second poller ends the first one with a 409, as Telegram does."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._turn = 0

    async def poll(self, request: Request, arguments: Arguments) -> list[Json]:
        """The next updates, as soon as there are any or the time is over."""
        if self._state.webhook.url:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        queue = self._state.updates
        if "allowed_updates" in arguments.values:
            queue.allowed = list(arguments.parsed("allowed_updates", "allowed updates") or [])
        self._turn += 1
        queue.bell.ring()
        offset = arguments.integer("offset") or 0
        limit = min(max(arguments.integer("limit") or 100, 1), 100)
        timeout = min(max(arguments.integer("timeout") or 0, 0), LONGEST_POLL)
        queue.acknowledge(offset)
        if not queue.pending and timeout:
            await self._wait(request, self._turn, timeout)
        return queue.take(offset, limit)

    async def _wait(self, request: Request, turn: int, seconds: int) -> None:
        queue = self._state.updates

        def look() -> bool | None:
            if turn != self._turn:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            if self._state.webhook.url:
                raise ApiError(409, "Conflict: terminated by setWebhook request")
            return True if queue.pending else None

        waiting = asyncio.ensure_future(queue.bell.wait_for(look, seconds))
        gone = asyncio.ensure_future(_disconnected(request))
        queue.pollers += 1
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        queue.pollers -= 1
        gone.cancel()
        if not waiting.done():
            # Nobody is listening any more: updates must not count as handed out.
            waiting.cancel()
            raise ApiError(499, "Client Closed Request")
        waiting.result()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
