"""Rasa's HTTP interface for the fast tests: programmable, and it remembers what it was asked."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]


@dataclass
class FakeRasa:
    """`replies` maps a text or payload to the messages that answer it; `intents` to its intent.

    `understood` is what /model/parse answers instead, whatever it is; `together` counts the turns
    that are going on.
    """

    replies: dict[str, list[Json]] = field(default_factory=dict)
    intents: dict[str, str] = field(default_factory=dict)
    default: list[Json] = field(default_factory=lambda: [{"text": "Vertel eens verder."}])
    opening: list[Json] = field(default_factory=lambda: [{"text": "Hoe gaat het met u?"}])
    asked: list[Json] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    trackers: dict[str, list[Json]] = field(default_factory=dict)
    down: bool = False
    url: str = ""
    seconds: float = 0.0
    seconds_to_open: float = 0.0
    understood: object = None
    together: int = 0
    most_together: int = 0

    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(
            routes=[
                Route("/version", self._version),
                Route("/model/parse", self._parse, methods=["POST"]),
                Route("/webhooks/rest/webhook", self._turn, methods=["POST"]),
                Route("/conversations/{sender}/trigger_intent", self._trigger, methods=["POST"]),
                Route("/conversations/{sender}/tracker", self._tracker),
            ]
        )

    async def _version(self, _request: Request) -> Response:
        return JSONResponse({"version": "3.6.21"})

    async def _parse(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        text = (await request.json())["text"]
        if self.understood is not None:
            return JSONResponse(self.understood)
        intent = {"name": self.intents.get(text, "chitchat"), "confidence": 0.9}
        return JSONResponse({"text": text, "intent": intent})

    async def _turn(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(self.seconds)
        self.together -= 1
        if self.down:
            return JSONResponse([])
        answer = self.replies.get(body["message"], self.default)
        events = self.trackers.setdefault(body["sender"], [])
        events.append({"event": "user", "text": body["message"], "metadata": body["metadata"]})
        events += [{"event": "bot", "text": said.get("text"), "data": said} for said in answer]
        return JSONResponse(answer)

    async def _trigger(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        self.opened.append(request.path_params["sender"])
        await asyncio.sleep(self.seconds_to_open)
        return JSONResponse({"tracker": {}, "messages": self.opening})

    async def _tracker(self, request: Request) -> Response:
        return JSONResponse({"events": self.trackers.get(request.path_params["sender"], [])})
