"""Residents who answer as soon as they are answered: a closed loop on one side or the other."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx

from bench.figures import Turn
from bot.services.texts import render

TEXTS = (Path(__file__).parent / "texts.txt").read_text(encoding="utf-8").splitlines()
STEP = 7
"""How far apart two residents begin in the texts; no divisor in common with their number."""

PATIENCE_SECONDS = 30.0
MOST_SECONDS = 60.0
CONNECTIONS = httpx.Limits(max_connections=256, max_keepalive_connections=256)


class Side(Protocol):
    """What a resident can talk to."""

    async def say(self, person: int, text: str) -> Turn:
        """One turn, from the text to the reply."""


async def talk(side: Side, people: Sequence[int], at_once: int, turns_each: int) -> list[Turn]:
    """So many turns of every person, `at_once` people at a time, within MOST_SECONDS."""
    waiting = list(enumerate(people))
    done: list[Turn] = []
    deadline = time.monotonic() + MOST_SECONDS

    async def one_after_another() -> None:
        while waiting:
            place, person = waiting.pop()
            for turn in range(turns_each):
                if time.monotonic() > deadline:
                    return
                done.append(await side.say(person, TEXTS[(place * STEP + turn) % len(TEXTS)]))

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return done


class Telegram:
    """Ours, through the sandbox: a person types, and the bot's sendMessage is the reply.

    The text leaves on this process's clock, the reply comes on the sandbox's: on Linux the
    monotonic clock is one for the whole machine.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url}/control", timeout=130, limits=CONNECTIONS, trust_env=False
        )
        self._waiting: dict[int, asyncio.Future[Turn]] = {}
        self._said_at: dict[int, float] = {}
        self._safe_text = render("trouble.no_answer")
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Telegram":
        last = (await self._calls({"after": 2**62}))["last"]
        self._listening = asyncio.create_task(self._listen(last))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening:
            self._listening.cancel()
        await self._http.aclose()

    async def say(self, person: int, text: str) -> Turn:
        reply = self.expect(person)
        posted = await self._http.post(f"/people/{person}/text", json={"text": text})
        posted.raise_for_status()
        return await self.heard(person, reply)

    def expect(self, person: int) -> asyncio.Future[Turn]:
        """The next thing that the bot says to a person; its turn begins now."""
        self._said_at[person] = time.monotonic()
        self._waiting[person] = asyncio.get_running_loop().create_future()
        return self._waiting[person]

    async def heard(self, person: int, reply: asyncio.Future[Turn]) -> Turn:
        """The turn once it is answered, or unanswered when patience is over."""
        try:
            return await asyncio.wait_for(reply, PATIENCE_SECONDS)
        except TimeoutError:
            return Turn(self._said_at[person], None)

    async def _listen(self, after: int) -> None:
        while True:
            found = await self._calls({"method": "sendMessage", "after": after, "timeout": 60})
            after = found["last"]
            for call in found["calls"]:
                self._note(call)

    async def _calls(self, query: dict[str, Any]) -> Any:
        path = "/calls/wait" if "timeout" in query else "/calls"
        return (await self._http.get(path, params=query)).raise_for_status().json()

    def _note(self, call: dict[str, Any]) -> None:
        reply = self._waiting.pop(call["chat_id"], None)
        if reply is None or reply.done():
            return
        usable = bool(call["answer"]["ok"]) and call["arguments"]["text"] != self._safe_text
        said_at = self._said_at[call["chat_id"]]
        reply.set_result(Turn(said_at, call["monotonic"] if usable else None))


class RestChannel:
    """Stock, straight over its REST channel; an empty list is no answer."""

    def __init__(self, url: str, block: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, timeout=PATIENCE_SECONDS, limits=CONNECTIONS, trust_env=False
        )
        self._block = block

    async def __aenter__(self) -> "RestChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def say(self, person: int, text: str) -> Turn:
        body = {"sender": f"{self._block}-{person}", "message": text}
        said_at = time.monotonic()
        try:
            answer = await self._http.post("/webhooks/rest/webhook", json=body)
            answered_at = time.monotonic()
            return Turn(said_at, answered_at if answer.raise_for_status().json() else None)
        except httpx.HTTPError:
            return Turn(said_at, None)
