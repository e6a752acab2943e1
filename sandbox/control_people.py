"""Control API for people: who there are, and what they do."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox.bell import Bell
from sandbox.control_http import content, needed, optional, query_int, query_seconds, route
from sandbox.errors import ControlError
from sandbox.model import Json, Person
from sandbox.person import Acting
from sandbox.state import State

Act = Callable[[Acting, Json], Json]


def _text(body: Json, name: str, default: str = "") -> str:
    return str(optional(body, name, str, default))


def _press(acting: Acting, body: Json) -> Json:
    return acting.press(
        optional(body, "message_id", int),
        index=optional(body, "index", int),
        text=optional(body, "text", str),
        data=optional(body, "data", str),
        stale=optional(body, "stale", bool, False),
    )


def _document(acting: Acting, body: Json) -> Json:
    name = _text(body, "file_name", "bestand.txt")
    mime = _text(body, "mime_type", "text/plain")
    return acting.document(content(body), name, mime, _text(body, "caption"))


def _location(acting: Acting, body: Json) -> Json:
    number = (int, float)
    return acting.location(needed(body, "latitude", number), needed(body, "longitude", number))


# What a person can do: the last part of the address, and how the body is read.
ACTS: dict[str, Act] = {
    "text": lambda a, b: a.say(needed(b, "text", str), optional(b, "reply_to", int)),
    "start": lambda a, b: a.start(_text(b, "payload")),
    "press": _press,
    "edit": lambda a, b: a.edit(needed(b, "message_id", int), needed(b, "text", str)),
    "photo": lambda a, b: a.photo(content(b), _text(b, "caption"), _text(b, "file_name")),
    "voice": lambda a, b: a.voice(content(b), optional(b, "duration", int, 1), _text(b, "caption")),
    "video_note": lambda a, b: a.video_note(content(b), optional(b, "duration", int, 1)),
    "sticker": lambda a, b: a.sticker(_text(b, "emoji", "👍")),
    "document": _document,
    "location": _location,
    "contact": lambda a, b: a.contact(needed(b, "phone_number", str), needed(b, "first_name", str)),
    "forward": lambda a, b: a.forward(needed(b, "text", str), _text(b, "sender_name", "Iemand")),
    "group": lambda a, b: a.add_to_group(_text(b, "title", "Groep")),
    "block": lambda a, _: a.block(),
    "unblock": lambda a, _: a.unblock(),
}

_PERSON_FIELDS: dict[str, type] = {
    "id": int,
    "first_name": str,
    "last_name": str,
    "username": str,
    "language_code": str,
    "started": bool,
}


class PeopleControl:
    """Endpoints under `/control/people`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._bell = Bell()
        state.subscribe(self._heard)

    def _heard(self, event: Json) -> None:
        if event["type"] == "message":
            self._bell.ring()

    def routes(self) -> list[Route]:
        """For the application."""
        one = "/people/{id:int}"
        return [
            route("/people", self.list, "GET"),
            route("/people", self.add),
            route(one, self.get, "GET"),
            route(one, self.remove, "DELETE"),
            route(one + "/deactivate", self.deactivate),
            route(one + "/messages", self.messages, "GET"),
            *(route(f"{one}/{name}", self._act(act)) for name, act in ACTS.items()),
        ]

    async def list(self, _: Request, __: Json) -> Json:
        """Everybody."""
        return {"people": [asdict(person) for person in self._state.people.values()]}

    async def add(self, _: Request, body: Json) -> Json:
        """A new person."""
        if unknown := body.keys() - _PERSON_FIELDS.keys():
            raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
        first_name = needed(body, "first_name", str).strip()
        if not first_name:
            raise ControlError("first_name is empty")
        given = {name for name, value in body.items() if value is not None} - {"first_name"}
        rest = {name: needed(body, name, _PERSON_FIELDS[name]) for name in given}
        return asdict(self._state.add_person(first_name, **rest))

    async def get(self, request: Request, _: Json) -> Json:
        """One person."""
        return asdict(self._person(request))

    async def remove(self, request: Request, _: Json) -> Json:
        """Delete a person."""
        self._state.remove_person(request.path_params["id"])
        return {"ok": True}

    async def deactivate(self, request: Request, _: Json) -> Json:
        """Their account is gone; Telegram tells the bot nothing."""
        person = self._person(request)
        person.deactivated = True
        self._state.emit("person", id=person.id)
        return asdict(person)

    async def messages(self, request: Request, _: Json) -> Json:
        """The chat as this person sees it.

        With `timeout` the answer waits for a message that passes `after`, `contains`, `sender`.
        """
        chat_id = query_int(request, "chat_id") or self._person(request).id
        after = query_int(request, "after") or 0
        words = request.query_params.get("contains", "").casefold()
        sender = request.query_params.get("sender")

        def look() -> list[Json] | None:
            found = [
                view
                for view in self._state.views(chat_id)
                if view["message_id"] > after
                and words in view["text"].casefold()
                and sender in (None, view["from"])
            ]
            return found or None

        waits = "timeout" in request.query_params
        found = await self._bell.wait_for(look, query_seconds(request)) if waits else look()
        return {"messages": found or []}

    def _person(self, request: Request) -> Person:
        return self._state.person(request.path_params["id"])

    def _act(self, act: Act) -> Any:
        async def handler(request: Request, body: Json) -> Json:
            acting = Acting(self._state, self._person(request), optional(body, "chat_id", int))
            return act(acting, body)

        return handler
