"""What a Bot API call may carry, refused in Telegram's own words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import entities
from sandbox.errors import bad_request
from sandbox.model import Json

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_BUTTON_DATA = 64


@dataclass(frozen=True, slots=True)
class Upload:
    """A file sent along in a multipart form."""

    name: str
    mime_type: str
    content: bytes


class Arguments:
    """The arguments of one call; forms carry strings, JSON bodies carry values."""

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Upload]) -> None:
        self.values = values
        self.files = files

    def text(self, name: str) -> str:
        """A string; empty when absent."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """A whole number; None when absent or no number."""
        try:
            return int(self.values[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """A boolean in any of the spellings that Telegram takes."""
        return str(self.values.get(name, "")).lower() in {"true", "1", "yes", "t", "y"}

    def parsed(self, name: str, what: str) -> Any:
        """A JSON value; `what` names it in the refusal."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def chat_id(self) -> int:
        """The chat of the call; a @username is nobody that the sandbox knows."""
        if not self.text("chat_id"):
            raise bad_request("chat_id is empty")
        chat_id = self.integer("chat_id")
        if chat_id is None:
            raise bad_request("chat not found")
        return chat_id

    def chat_id_or_none(self) -> int | None:
        """The chat of the call, for the log and the faults."""
        return self.integer("chat_id")

    def message_id(self) -> int:
        """The message of the call."""
        message_id = self.integer("message_id")
        if message_id is None:
            raise bad_request("message identifier is not specified")
        return message_id


def message_text(arguments: Arguments) -> Json:
    """`text` and `entities` of a message, trimmed as Telegram trims."""
    text, found = _formatted(arguments, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if entities.length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return {"text": text, **({"entities": found} if found else {})}


def caption(arguments: Arguments) -> Json:
    """`caption` and `caption_entities`, where there is one."""
    text, found = _formatted(arguments, "caption", "caption_entities")
    if entities.length(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: Json = {"caption": text} if text else {}
    return {**content, **({"caption_entities": found} if found else {})}


def _formatted(arguments: Arguments, name: str, entities_name: str) -> tuple[str, list[Json]]:
    text, found = entities.parse(arguments.text(name), arguments.text("parse_mode"))
    given = arguments.parsed(entities_name, "message entities")
    stripped = text.strip()
    if stripped == text:
        found = found or list(given or [])
    else:
        # Trimming in front moves every entity.
        found = _shifted(found or list(given or []), text, stripped)
    return stripped, found


def _shifted(found: list[Json], text: str, stripped: str) -> list[Json]:
    cut = entities.length(text) - entities.length(text.lstrip())
    end = entities.length(stripped)
    moved = []
    for entity in found:
        start = max(entity["offset"] - cut, 0)
        stop = min(entity["offset"] + entity["length"] - cut, end)
        if stop > start:
            moved.append({**entity, "offset": start, "length": stop - start})
    return moved


def inline_keyboard(arguments: Arguments) -> Json:
    """`reply_markup` of the message, empty when there is none (or another kind of keyboard)."""
    markup = arguments.parsed("reply_markup", "reply keyboard markup")
    if not markup:
        return {}
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return {}
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard: expected an Array of Array")
    keyboard = [[_button(button) for button in row] for row in rows if row]
    return {"reply_markup": {"inline_keyboard": keyboard}} if keyboard else {}


def _button(button: Any) -> Json:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    if "callback_data" in button:
        size = len(str(button["callback_data"]).encode())
        if not 1 <= size <= MAX_BUTTON_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    elif len(button) == 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    return button
