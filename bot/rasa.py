"""Rasa over HTTP: a turn through the REST channel, and the start of a check-in.

Rasa answers an error with 200 and an empty list; here that is `RasaUnavailable` like any other
failure, so that callers have one thing to handle.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import aiohttp

from bot.dialogue import Choice, Reply
from bot.errors import RasaUnavailable
from bot.settings import Settings

T = TypeVar("T")

START_CHECK_IN = "EXTERNAL_check_in"
OTHER_SHAPE = (ValueError, LookupError, TypeError, AttributeError)
KEEP_ALIVE_SECONDS = 3.0
"""Rasa closes a connection that nobody used for five; one that it is closing must not be used."""


class Rasa:
    """One Rasa server, or several behind one address. To be made in a running event loop."""

    def __init__(self, settings: Settings) -> None:
        self._client = aiohttp.ClientSession(
            settings.rasa_url,
            connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(settings.rasa_timeout_seconds),
        )
        self._token = {"token": settings.rasa_auth_token.get_secret_value()}

    async def close(self) -> None:
        await self._client.close()

    async def take_turn(self, resident_id: UUID, text: str, message_id: int) -> list[Reply]:
        """What the dialogue answers to a text or payload. Raises RasaUnavailable."""
        body = {
            "sender": str(resident_id),
            "message": text,
            "metadata": {"message_id": message_id},
        }
        return await self._call("POST", "/webhooks/rest/webhook", _replies, json=body)

    async def start_check_in(self, resident_id: UUID) -> list[Reply]:
        """The opening of a check-in. Raises RasaUnavailable."""
        return await self._call(
            "POST",
            f"/conversations/{resident_id}/trigger_intent",
            lambda answer: _replies(answer["messages"]),
            json={"name": START_CHECK_IN},
            params={"include_events": "NONE", "output_channel": "collector"},
        )

    async def _call(self, method: str, path: str, read: Callable[[Any], T], **options: Any) -> T:
        """What `read` makes of the JSON answer; one of another shape is no answer either."""
        params = self._token | options.pop("params", {})
        try:
            async with self._client.request(method, path, params=params, **options) as response:
                response.raise_for_status()
                return read(await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, *OTHER_SHAPE) as error:
            raise RasaUnavailable(f"{path}: {type(error).__name__}") from error


def _replies(messages: Sequence[dict[str, Any]]) -> list[Reply]:
    if not messages:
        raise RasaUnavailable("an empty answer: an action failed, or nothing was predicted")
    return [read_reply(message) for message in messages]


def read_reply(message: dict[str, Any]) -> Reply:
    """A message of the REST channel, or a bot event of the tracker (buttons nested in data)."""
    data = message.get("data") or message
    custom = data.get("custom") or {}
    return Reply(
        text=message.get("text") or "",
        choices=tuple(
            Choice(button["title"], button["payload"]) for button in data.get("buttons") or ()
        ),
        custom=custom.get("praatje"),
    )
