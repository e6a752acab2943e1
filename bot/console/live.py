"""Live lists: one LISTEN connection per process tells all open pages that cases changed.

A trigger on `cases` notifies the channel with the id of the municipality. What goes to a browser
says only that something changed; the page then fetches what its coordinator may see.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.engine import URL

from bot.console.deps import AtDeskIdle

logger = logging.getLogger(__name__)
router = APIRouter()

CHANNEL = "cases"
HEARTBEAT_SECONDS = 20.0
STREAM_SECONDS = 300.0
"""A stream ends after this and the browser comes back: then its log-in is checked again."""
LONGEST_WAIT_SECONDS = 30.0


class Bell:
    """Rings for every open page of a municipality whose cases changed."""

    def __init__(self, url: URL) -> None:
        plain = url.set(drivername="postgresql").difference_update_query(["application_name"])
        self._conninfo = plain.render_as_string(hide_password=False)
        self._open: dict[int, set[asyncio.Event]] = {}

    @contextmanager
    def at(self, municipality_id: int) -> Iterator[asyncio.Event]:
        """An event that is set on each change, as long as the page is open."""
        event = asyncio.Event()
        pages = self._open.setdefault(municipality_id, set())
        pages.add(event)
        try:
            yield event
        finally:
            pages.discard(event)

    def ring(self, payload: str) -> None:
        """Ring for one municipality, or for all when the payload is no number."""
        wanted = {int(payload)} if payload.isdecimal() else set(self._open)
        for municipality_id in wanted:
            for event in self._open.get(municipality_id, ()):
                event.set()

    async def run(self) -> None:
        """Listen for ever; without a database the pages still refresh, once a minute."""
        wait = 1.0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    wait = 1.0
                    self.ring("")
                    async for notification in connection.notifies():
                        self.ring(notification.payload)
            except (psycopg.Error, OSError) as error:
                logger.warning("no live updates for %.0f s: %s", wait, type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)


def _municipality(desk: AtDeskIdle) -> int:
    return desk.coordinator.municipality_id


@router.get("/meldingen/live")
async def live(
    request: Request, municipality_id: Annotated[int, Depends(_municipality)]
) -> StreamingResponse:
    """Server-sent events: `cases` at the start and whenever a case changed."""
    stream = _stream(request.app.state.bell, municipality_id)
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _stream(bell: Bell, municipality_id: int) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    ends = asyncio.get_running_loop().time() + STREAM_SECONDS
    with bell.at(municipality_id) as rung:
        rung.set()
        while asyncio.get_running_loop().time() < ends:
            try:
                await asyncio.wait_for(rung.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": er is niets veranderd\n\n"
                continue
            rung.clear()
            yield "event: cases\ndata: veranderd\n\n"
