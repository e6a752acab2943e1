"""The page where a newcomer chats as several people: static files, files of chats, live events."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.model import Json
from sandbox.state import State

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
# A line now and then, so that a browser that has gone is noticed.
KEEP_ALIVE = 15.0
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True, slots=True)
class Page:
    """Serves the page and what it needs besides the control API."""

    state: State
    console_url: str | None = None

    def routes(self) -> list[Route | Mount]:
        """For the application."""
        return [
            Route("/", self.index),
            Route("/control/page", self.settings),
            Route("/control/events", self.events),
            Route("/control/files/{id}", self.file),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def index(self, _: Request) -> Response:
        """The page itself."""
        return FileResponse(STATIC / "index.html", headers=HEADERS)

    async def settings(self, _: Request) -> Response:
        """What the page shows besides chats."""
        bot = self.state.bot
        return JSONResponse(
            {
                "bot_name": bot["first_name"],
                "bot_username": bot["username"],
                "console_url": self.console_url,
            }
        )

    async def file(self, request: Request) -> Response:
        """A photo or voice message, for the browser."""
        file = self.state.files.get(request.path_params["id"])
        if file is None:
            return Response(status_code=404)
        # A document somebody sent must not run as a page of ours.
        shown = file.mime_type.startswith(("image/", "audio/")) and "svg" not in file.mime_type
        mime = file.mime_type if shown else "application/octet-stream"
        return _part(request, file.content, mime)

    async def events(self, _: Request) -> Response:
        """Server-sent events: every change, as it happens."""
        return StreamingResponse(
            self._stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[Json] = asyncio.Queue()
        unsubscribe = self.state.subscribe(queue.put_nowait)
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
                    yield f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            unsubscribe()


def _part(request: Request, content: bytes, mime: str) -> Response:
    """The whole file or the range asked for: without ranges a player knows no length of a sound."""
    headers = {**HEADERS, "Accept-Ranges": "bytes"}
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    begin = int(wanted[1]) if wanted else 0
    end = int(wanted[2]) + 1 if wanted and wanted[2] else len(content)
    part = content[begin:end]
    if wanted is None or not part:
        return Response(content, media_type=mime, headers=headers)
    headers["Content-Range"] = f"bytes {begin}-{begin + len(part) - 1}/{len(content)}"
    return Response(part, 206, media_type=mime, headers=headers)
