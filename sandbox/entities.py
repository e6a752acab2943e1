"""Text as Telegram counts and marks it: lengths in UTF-16 units, commands, HTML formatting."""

import re
from html.parser import HTMLParser
from typing import Any

from sandbox.errors import bad_request

Json = dict[str, Any]

_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")
_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
_MARKDOWN_ESCAPE = re.compile(r"\\([_*\[\]()~`>#+\-=|{}.!\\])")


def length(text: str) -> int:
    """Length in UTF-16 code units, which is how Telegram measures offsets and lengths."""
    return len(text.encode("utf-16-le")) // 2


def command_entities(text: str) -> list[Json]:
    """The `bot_command` entities that Telegram adds to what a person types."""
    return [
        {
            "type": "bot_command",
            "offset": length(text[: found.start()]),
            "length": length(found.group()),
        }
        for found in _COMMAND.finditer(text)
    ]


def parse(text: str, parse_mode: str | None) -> tuple[str, list[Json]]:
    """Plain text and its entities. HTML is parsed; of Markdown only the escapes are undone."""
    if not parse_mode:
        return text, []
    match parse_mode.lower():
        case "html":
            parser = _Html()
            parser.feed(text)
            parser.close()
            return parser.result()
        case "markdown" | "markdownv2":
            return _MARKDOWN_ESCAPE.sub(r"\1", text), []
    raise bad_request("unsupported parse_mode")


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text = ""
        self._open: list[tuple[str, Json]] = []
        self._entities: list[Json] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = _TAGS.get(tag)
        if kind is None:
            raise bad_request(
                f'can\'t parse entities: Unsupported start tag "{tag}" '
                f"at byte offset {len(self._text.encode())}"
            )
        entity: Json = {"type": kind, "offset": length(self._text)}
        if kind == "text_link":
            entity["url"] = dict(attrs).get("href") or ""
        self._open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise bad_request("can't parse entities: Unmatched end tag")
        _, entity = self._open.pop()
        entity["length"] = length(self._text) - entity["offset"]
        if entity["length"]:
            self._entities.append(entity)

    def handle_data(self, data: str) -> None:
        self._text += data

    def result(self) -> tuple[str, list[Json]]:
        if self._open:
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag "
                f'"{self._open[-1][0]}"'
            )
        return self._text, sorted(self._entities, key=lambda entity: entity["offset"])
