"""What a person does in their Telegram app; each act answers the update that the bot gets."""

import re
import secrets
from typing import Any

from sandbox import entities, samples
from sandbox.errors import ControlError
from sandbox.model import Json, Person, StoredFile, StoredMessage
from sandbox.state import State

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Acting:
    """One person at their phone, in their own chat with the bot or in a group."""

    def __init__(self, state: State, person: Person, chat_id: int | None = None) -> None:
        self._state = state
        self._person = person
        if chat_id not in (None, person.id, *state.groups):
            raise ControlError(f"there is no group {chat_id}", 404)
        self._chat = state.groups[chat_id].chat() if chat_id in state.groups else person.chat()

    def start(self, payload: str = "") -> Json:
        """Press start, perhaps by a link with a payload; unblocks, as the app does."""
        if payload and not _PAYLOAD.fullmatch(payload):
            raise ControlError("Telegram takes 1 to 64 letters, digits, _ and - in a start link")
        if self._person.deactivated:
            raise ControlError("this account no longer exists", 409)
        if self._person.blocked:
            self.unblock()
        self._person.started = True
        self._changed()
        return self.say(f"/start {payload}".rstrip())

    def say(self, text: str, reply_to: int | None = None) -> Json:
        """Type a text; commands get the entity that Telegram adds."""
        text = text.strip()
        if not text:
            raise ControlError("text is empty")
        content: Json = {"text": text, **_commands(text, "entities")}
        if reply_to is not None:
            content["reply_to_message"] = self._message(reply_to).payload
        if text.split()[0] == "/start" and not self._person.blocked:
            self._person.started = True
        return self._send(content)

    def forward(self, text: str, sender_name: str) -> Json:
        """Forward somebody's text; the sender hides their account."""
        origin = {
            "type": "hidden_user",
            "sender_user_name": sender_name,
            "date": int(self._state.clock.timestamp()),
        }
        return self._send({"text": text, "forward_origin": origin})

    def edit(self, message_id: int, text: str) -> Json:
        """Change an own message."""
        self._may_act()
        message = self._message(message_id)
        if message.from_bot:
            raise ControlError("a person edits only what they wrote", 409)
        name = "text" if "text" in message.payload else "caption"
        entity_name = "entities" if name == "text" else "caption_entities"
        kept = {key: value for key, value in message.payload.items() if key != entity_name}
        message.payload = {
            **kept,
            name: text,
            **_commands(text, entity_name),
            "edit_date": int(self._state.clock.timestamp()),
        }
        self._state.show(message)
        return self._queue("edited_message", message.payload)

    def photo(self, content: bytes | None = None, caption: str = "", name: str = "") -> Json:
        """Send a photo, or the sample."""
        mime = "image/jpeg" if name.lower().endswith((".jpg", ".jpeg")) else "image/png"
        file = self._file(content or samples.photo(), mime, name)
        sizes = [{**file.reference(), "width": 64, "height": 64}]
        return self._send({"photo": sizes, **_caption(caption)})

    def voice(self, content: bytes | None = None, duration: int = 1, caption: str = "") -> Json:
        """Send a voice message, or a second of silence."""
        file = self._file(content or samples.voice(duration), "audio/ogg")
        voice = {**file.reference(), "duration": duration, "mime_type": file.mime_type}
        return self._send({"voice": voice, **_caption(caption)})

    def video_note(self, content: bytes | None = None, duration: int = 1) -> Json:
        """Send a round video; without content a few bytes that are no real film."""
        file = self._file(content or b"video note", "video/mp4")
        return self._send({"video_note": {**file.reference(), "length": 240, "duration": duration}})

    def sticker(self, emoji: str = "👍") -> Json:
        """Send a sticker."""
        file = self._file(samples.sticker(), "image/webp")
        kind: Json = {"type": "regular", "is_animated": False, "is_video": False, "emoji": emoji}
        return self._send({"sticker": {**file.reference(), "width": 512, "height": 512, **kind}})

    def document(self, content: bytes | None, name: str, mime: str, caption: str = "") -> Json:
        """Send a file."""
        file = self._file(content or b"sandbox", mime, name)
        document = {**file.reference(), "file_name": name, "mime_type": mime}
        return self._send({"document": document, **_caption(caption)})

    def location(self, latitude: float, longitude: float) -> Json:
        """Share a place."""
        return self._send({"location": {"latitude": latitude, "longitude": longitude}})

    def contact(self, phone_number: str, first_name: str) -> Json:
        """Share a contact."""
        return self._send({"contact": {"phone_number": phone_number, "first_name": first_name}})

    def press(
        self,
        message_id: int | None = None,
        *,
        index: int | None = None,
        text: str | None = None,
        data: str | None = None,
        stale: bool = False,
    ) -> Json:
        """Press a button, by place, label or data; without a message on the last with buttons.

        `stale` also finds buttons that the bot has removed: a second tap that was already on
        its way, or an app that has not heard yet.
        """
        message = self._pressable(message_id, stale)
        buttons = message.buttons or (message.past_buttons if stale else [])
        button = _choose(buttons, index, text, data)
        if "callback_data" not in button:
            raise ControlError("that button opens a link; the bot is not told", 409)
        self._may_act()
        query_id = str(secrets.randbits(62))
        self._state.callbacks[query_id] = self._state.clock.timestamp()
        query = {
            "id": query_id,
            "from": self._person.user(),
            "message": message.payload,
            "chat_instance": str(self._chat["id"]),
            "data": button["callback_data"],
        }
        return self._queue("callback_query", query)

    def block(self) -> Json:
        """Block the bot."""
        if self._person.blocked:
            raise ControlError("already blocked", 409)
        self._person.blocked = True
        return self._membership("member", "kicked")

    def unblock(self) -> Json:
        """Unblock the bot."""
        if not self._person.blocked:
            raise ControlError("not blocked", 409)
        self._person.blocked = False
        return self._membership("kicked", "member")

    def add_to_group(self, title: str) -> Json:
        """Make a group with the bot in it."""
        self._chat = self._state.add_group(title).chat()
        return self._membership("left", "member")

    def _membership(self, old: str, new: str) -> Json:
        self._changed()
        change = {
            "chat": self._chat,
            "from": self._person.user(),
            "date": int(self._state.clock.timestamp()),
            "old_chat_member": self._member(old),
            "new_chat_member": self._member(new),
        }
        return self._queue("my_chat_member", change)

    def _member(self, status: str) -> Json:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": self._state.bot, "status": status, **until}

    def _send(self, content: Json) -> Json:
        self._may_act()
        message = self._state.add_message(self._chat, self._person.user(), content)
        return self._queue("message", message.payload)

    def _queue(self, kind: str, content: Json) -> Json:
        return self._state.updates.add(kind, content, self._chat["id"])

    def _may_act(self) -> None:
        if self._person.deactivated:
            raise ControlError("this account no longer exists", 409)
        if self._chat["type"] == "private" and self._person.blocked:
            raise ControlError("this person blocked the bot; unblock first", 409)
        if self._chat["type"] == "private" and not self._person.started:
            raise ControlError("this person has not pressed start yet", 409)

    def _message(self, message_id: int) -> StoredMessage:
        message = self._state.message(self._chat["id"], message_id)
        if message is None:
            raise ControlError(f"there is no message {message_id} in this chat", 404)
        return message

    def _pressable(self, message_id: int | None, stale: bool) -> StoredMessage:
        if message_id is not None:
            return self._message(message_id)
        for message in reversed(self._state.messages.get(self._chat["id"], {}).values()):
            if not message.deleted and (message.buttons or (stale and message.past_buttons)):
                return message
        raise ControlError("no message in this chat has buttons", 404)

    def _file(self, content: bytes, mime_type: str, name: str | None = None) -> StoredFile:
        return self._state.add_file(content, mime_type, name)

    def _changed(self) -> None:
        self._state.emit("person", id=self._person.id)


def _caption(text: str) -> Json:
    return {"caption": text, **_commands(text, "caption_entities")} if text else {}


def _commands(text: str, name: str) -> Json:
    found = entities.command_entities(text)
    return {name: found} if found else {}


def _choose(buttons: list[Json], index: int | None, text: str | None, data: Any) -> Json:
    if index is not None and 0 <= index < len(buttons):
        return buttons[index]
    for button in buttons:
        if text is not None and button["text"] == text:
            return button
        if data is not None and button.get("callback_data") == data:
            return button
    labels = ", ".join(repr(button["text"]) for button in buttons) or "none"
    raise ControlError(f"no such button; there are: {labels}", 404)
