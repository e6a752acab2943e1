"""What the sandbox holds: people, groups, messages, files, the webhook."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Person:
    """Somebody with Telegram. `started` says whether they ever pressed start."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str = "nl"
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def user(self) -> Json:
        """Telegram's `User`."""
        return {
            "id": self.id,
            "is_bot": False,
            **self._names(),
            "language_code": self.language_code,
        }

    def chat(self) -> Json:
        """Telegram's `Chat`; a private chat has the person's own id."""
        return {"id": self.id, **self._names(), "type": "private"}

    def _names(self) -> Json:
        names = {"first_name": self.first_name}
        if self.last_name:
            names["last_name"] = self.last_name
        if self.username:
            names["username"] = self.username
        return names


@dataclass(slots=True)
class Group:
    """A group chat; `member` says whether the bot is in it."""

    id: int
    title: str
    member: bool = True

    def chat(self) -> Json:
        """Telegram's `Chat`."""
        return {"id": self.id, "title": self.title, "type": "group"}


@dataclass(slots=True)
class StoredMessage:
    """A message as Telegram would give it (`payload`), and what only the person's screen knows."""

    payload: Json
    from_bot: bool
    silent: bool = False
    deleted: bool = False
    past_buttons: list[Json] = field(default_factory=list)

    @property
    def buttons(self) -> list[Json]:
        """The inline buttons that are on the message now, row by row in one list."""
        rows = self.payload.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def view(self) -> Json:
        """The message as the person sees it."""
        payload = self.payload
        kind = next((kind for kind in KINDS if kind in payload), "text")
        return {
            "message_id": payload["message_id"],
            "chat_id": payload["chat"]["id"],
            "from": "bot" if self.from_bot else "person",
            "from_id": payload["from"]["id"],
            "date": payload["date"],
            "kind": kind,
            "text": payload.get("text", payload.get("caption", "")),
            "entities": payload.get("entities", payload.get("caption_entities", [])),
            "buttons": self.buttons,
            "past_buttons": self.past_buttons,
            "silent": self.silent,
            "edited": "edit_date" in payload,
            "deleted": self.deleted,
            "reply_to": payload.get("reply_to_message", {}).get("message_id"),
            "forwarded": "forward_origin" in payload,
            "media": _media(payload, kind),
        }


KINDS = ("photo", "voice", "sticker", "video_note", "location", "contact", "document")


def _media(payload: Json, kind: str) -> Json | None:
    content = payload.get(kind)
    if isinstance(content, list):
        return dict(content[-1])
    return dict(content) if isinstance(content, dict) else None


@dataclass(slots=True)
class StoredFile:
    """A file that can be fetched with getFile; `path` is the last part of its address."""

    id: str
    unique_id: str
    path: str
    mime_type: str
    content: bytes

    def reference(self) -> Json:
        """The part that every Telegram file object has."""
        return {
            "file_id": self.id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.content),
        }


@dataclass(slots=True)
class Webhook:
    """Where updates go; an empty `url` means that the bot polls."""

    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None
