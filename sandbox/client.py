"""A client of the control API, for tests and benches: no sleeping, one line per act."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class SandboxError(Exception):
    """The sandbox refused; the text says why. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message as the person sees it; `buttons` are the labels that can still be pressed."""

    message_id: int
    sender: str
    text: str
    kind: str
    buttons: tuple[str, ...]
    silent: bool
    edited: bool
    date: int
    raw: Json

    @classmethod
    def of(cls, view: Json) -> Self:
        """From the control API's JSON, which stays at hand as `raw`."""
        return cls(
            message_id=view["message_id"],
            sender=view["from"],
            text=view["text"],
            kind=view["kind"],
            buttons=tuple(button["text"] for button in view["buttons"]),
            silent=view["silent"],
            edited=view["edited"],
            date=view["date"],
            raw=view,
        )


class SandboxClient:
    """Drives a sandbox. A `person` is the id that `add_person` answers."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        # Longer than the longest wait that the sandbox allows.
        self._http = httpx.Client(base_url=self.base_url, timeout=130, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def bot_base_url(self) -> str:
        """`base_url` for python-telegram-bot."""
        return f"{self.base_url}/bot"

    @property
    def bot_file_url(self) -> str:
        """`base_file_url` for python-telegram-bot."""
        return f"{self.base_url}/file/bot"

    # People

    def add_person(
        self,
        first_name: str = "Anna",
        *,
        started: bool = True,
        id: int | None = None,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str = "nl",
    ) -> int:
        """A new person; answers their id, which is also that of their chat."""
        details: Json = {
            "first_name": first_name,
            "started": started,
            "id": id,
            "last_name": last_name,
            "username": username,
            "language_code": language_code,
        }
        body = {name: value for name, value in details.items() if value is not None}
        return int(self._post("/people", body)["id"])

    def people(self) -> list[Json]:
        """Everybody."""
        return list(self._get("/people")["people"])

    def delete_person(self, person: int) -> None:
        """The bot then hears `chat not found`."""
        self._delete(f"/people/{person}")

    def deactivate(self, person: int) -> None:
        """The bot then hears `user is deactivated`."""
        self._post(f"/people/{person}/deactivate")

    # What a person does: each answers the update that the bot gets

    def act(self, person: int, act: str, **body: object) -> Json:
        """Any act of the table in README.md."""
        return self._post(
            f"/people/{person}/{act}", {k: v for k, v in body.items() if v is not None}
        )

    def send_text(self, person: int, text: str, *, reply_to: int | None = None) -> Json:
        """Type a text."""
        return self.act(person, "text", text=text, reply_to=reply_to)

    def start(self, person: int, payload: str = "") -> Json:
        """Press start, perhaps by a link with a payload."""
        return self.act(person, "start", payload=payload)

    def press(
        self,
        person: int,
        label: str | None = None,
        *,
        message_id: int | None = None,
        index: int | None = None,
        data: str | None = None,
        stale: bool = False,
    ) -> Json:
        """Press a button by label, place or data; on the last message that has any, unless said.

        `stale` also finds buttons that the bot took away since (a double tap).
        """
        return self.act(
            person,
            "press",
            text=label,
            message_id=message_id,
            index=index,
            data=data,
            stale=stale or None,
        )

    def edit(self, person: int, message_id: int, text: str) -> Json:
        """Change an own message."""
        return self.act(person, "edit", message_id=message_id, text=text)

    def send_photo(self, person: int, caption: str = "", content: bytes | None = None) -> Json:
        """Send a photo, or the built-in one."""
        return self.act(person, "photo", caption=caption, content_base64=_encoded(content))

    def send_voice(self, person: int, content: bytes | None = None, duration: int = 1) -> Json:
        """Send a voice message, or a second of silence."""
        encoded = _encoded(content)
        return self.act(person, "voice", content_base64=encoded, duration=duration)

    def block(self, person: int) -> Json:
        """Block the bot."""
        return self.act(person, "block")

    def unblock(self, person: int) -> Json:
        """Unblock the bot."""
        return self.act(person, "unblock")

    # What a person sees

    def messages(
        self,
        person: int,
        *,
        after: int = 0,
        contains: str = "",
        sender: str | None = None,
        chat_id: int | None = None,
    ) -> list[ChatMessage]:
        """The chat, oldest first; `sender` is `bot` or `person`."""
        query = {"after": after, "contains": contains, "sender": sender, "chat_id": chat_id}
        found = self._get(f"/people/{person}/messages", query)
        return [ChatMessage.of(view) for view in found["messages"]]

    def wait_for_message(
        self, person: int, *, after: int = 0, contains: str = "", timeout: float = 10.0
    ) -> ChatMessage:
        """The first message of the bot after message `after`; TimeoutError when none comes."""
        query = {"after": after, "contains": contains, "sender": "bot", "timeout": timeout}
        found = self._get(f"/people/{person}/messages", query)["messages"]
        if not found:
            seen = [message.text for message in self.messages(person, after=after)]
            raise TimeoutError(f"no message with {contains!r} in {timeout} s; the chat: {seen}")
        return ChatMessage.of(found[0])

    def last_message_id(self, person: int) -> int:
        """The last message of a chat, to wait for what comes after it; 0 when empty."""
        return max((message.message_id for message in self.messages(person)), default=0)

    # Updates, faults, calls

    def inject(self, update: Json, times: int = 1) -> None:
        """Queue a raw update with its own `update_id`."""
        self._post("/updates", {"update": update, "times": times})

    def updates(self) -> Json:
        """`pending` and `held` updates."""
        return self._get("/updates")

    def hold(self) -> None:
        """Keep new updates back until `release`."""
        self._post("/updates/hold")

    def release(self, order: list[int] | None = None, *, reverse: bool = False) -> int:
        """Deliver what was kept back; answers how many."""
        body: Json = {"reverse": reverse, **({} if order is None else {"order": order})}
        return int(self._post("/updates/release", body)["released"])

    def set_fault(
        self,
        kind: str,
        *,
        chat_id: int | None = None,
        method: str | None = None,
        count: int | None = None,
        **settings: object,
    ) -> int:
        """Plan a fault (kinds and settings: README.md); answers its id."""
        body: Json = {"kind": kind, "chat_id": chat_id, "method": method, "count": count}
        return int(self._post("/faults", {**body, **settings})["id"])

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._delete("/faults")

    def calls(
        self, *, method: str | None = None, chat_id: int | None = None, after: int = 0
    ) -> list[Json]:
        """The Bot API calls so far; `after` is a call's number `n`."""
        query = {"method": method, "chat_id": chat_id, "after": after}
        return list(self._get("/calls", query)["calls"])

    def last_call(self) -> int:
        """The number of the last call, to wait for what comes after it."""
        return int(self._get("/calls", {"after": 2**62})["last"])

    def wait_for_calls(
        self,
        count: int = 1,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        after: int = 0,
        timeout: float = 10.0,
    ) -> list[Json]:
        """At least `count` calls that pass the filter; TimeoutError when they do not come."""
        query = {"method": method, "chat_id": chat_id, "after": after}
        found = self._get("/calls/wait", {**query, "count": count, "timeout": timeout})["calls"]
        if len(found) < count:
            raise TimeoutError(f"{len(found)} of {count} calls of {method or 'any'} in {timeout} s")
        return list(found)

    def clear_calls(self) -> None:
        """Empty the log of calls."""
        self._delete("/calls")

    # Clock and the whole

    def now(self) -> datetime:
        """The test clock, aware UTC."""
        return datetime.fromisoformat(self._get("/clock")["now"])

    def advance(self, seconds: float) -> datetime:
        """Move the test clock forward; answers the new time."""
        return datetime.fromisoformat(self._post("/clock", {"advance_seconds": seconds})["now"])

    def move_to(self, moment: datetime) -> datetime:
        """Move the test clock forward to an aware moment."""
        return datetime.fromisoformat(self._post("/clock", {"to": moment.isoformat()})["now"])

    def reset_clock(self) -> None:
        """Back to real time."""
        self._post("/clock", {"reset": True})

    def to_next_check_in(self) -> Json:
        """Move to the next check-in that Praatje has planned."""
        return self._post("/clock/next")

    def reset(self, *, keep_webhook: bool = False) -> None:
        """Empty everything; ids go on counting, the clock stays."""
        self._post("/reset", {"keep_webhook": keep_webhook})

    def health(self) -> Json:
        """Answers when the sandbox runs."""
        return self._get("/health")

    def _get(self, path: str, query: Mapping[str, object] | None = None) -> Json:
        kept = {name: str(value) for name, value in (query or {}).items() if value is not None}
        return _result(self._http.get(f"/control{path}", params=kept))

    def _post(self, path: str, body: Json | None = None) -> Json:
        return _result(self._http.post(f"/control{path}", json=body or {}))

    def _delete(self, path: str) -> Json:
        return _result(self._http.delete(f"/control{path}"))


def _encoded(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _result(response: httpx.Response) -> Json:
    try:
        body: Json = response.json()
    except ValueError:
        raise SandboxError(f"no JSON but {response.text[:80]!r}", response.status_code) from None
    if response.is_error:
        raise SandboxError(str(body.get("error")), response.status_code)
    return body
