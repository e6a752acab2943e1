"""Rasa's HTTP interface for the fast tests: programmable, and it remembers what it was asked."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, Engine, create_engine, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]

EVENTS = """
CREATE TABLE events (
    id serial PRIMARY KEY, sender_id varchar(255) NOT NULL, type_name varchar(255) NOT NULL,
    timestamp float, intent_name varchar(255), action_name varchar(255), data text
)"""
KEEP = "INSERT INTO events (sender_id, type_name, data) VALUES (:sender, :type, :data)"


@dataclass
class FakeRasa:
    """`replies` maps a text or payload to the messages that answer it; `intents` to its intent.

    `understood` is what it keeps as understood instead, whatever it is; `together` counts the turns
    that are going on; `tracker` is the database with its conversations.
    """

    replies: dict[str, list[Json]] = field(default_factory=dict)
    intents: dict[str, str] = field(default_factory=dict)
    default: list[Json] = field(default_factory=lambda: [{"text": "Vertel eens verder."}])
    opening: list[Json] = field(default_factory=lambda: [{"text": "Hoe gaat het met u?"}])
    asked: list[Json] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    trackers: int = 0
    down: bool = False
    url: str = ""
    tracker: Engine | None = None
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
            ]
        )

    async def _version(self, _request: Request) -> Response:
        return JSONResponse({"version": "3.6.21"})

    async def _parse(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        said = (await request.json())["text"]
        intent = self._intent(said)
        return JSONResponse({"text": said, "intent": intent, "intent_ranking": [intent]})

    def _intent(self, said: str) -> Json:
        return {"name": self.intents.get(said, "chitchat"), "confidence": 0.9}

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
        parsed = {"text": body["message"], "intent": self._intent(body["message"])}
        heard = {
            "event": "user",
            "text": body["message"],
            "metadata": body["metadata"],
            "parse_data": parsed if self.understood is None else self.understood,
        }
        said = [{"event": "bot", "text": said.get("text"), "data": said} for said in answer]
        self.keep(body["sender"], [heard, *said])
        return JSONResponse(answer)

    def keep_trackers_in(self, url: URL) -> None:
        """Make Rasa's table in a database; `trackers` counts what goes into it."""
        self.tracker = create_engine(url)
        with self.tracker.begin() as connection:
            connection.execute(text(EVENTS))

    def keep(self, sender: str, events: list[Json]) -> None:
        """Add events to a conversation, as the tracker store would."""
        self.trackers += 1
        if self.tracker is None:
            return
        with self.tracker.begin() as connection:
            for event in events:
                row = {"sender": sender, "type": event["event"], "data": json.dumps(event)}
                connection.execute(text(KEEP), row)

    async def _trigger(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        self.opened.append(request.path_params["sender"])
        await asyncio.sleep(self.seconds_to_open)
        return JSONResponse({"tracker": {}, "messages": self.opening})
