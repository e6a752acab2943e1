"""Delivery to a webhook: secret, order, retry, what getWebhookInfo tells."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import BadRequest

from sandbox.client import SandboxClient
from sandbox.testing import Server

MakeBot = Callable[..., Bot]
SECRET = "geheim_123"


class Hook:
    """A bot's webhook that answers what the test wants, in order, then 200."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str | None, dict]] = []
        self._news = threading.Condition()
        self._server = Server(Starlette(routes=[Route("/hook", self._take, methods=["POST"])]))
        self.url = self._server.url + "/hook"

    async def _take(self, request: Request) -> Response:
        secret = request.headers.get("x-telegram-bot-api-secret-token")
        body = await request.json()
        with self._news:
            self.got.append((secret, body))
            self._news.notify_all()
            return Response(status_code=self.answers.pop(0) if self.answers else 200)

    def wait(self, count: int) -> list[str]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.got) >= count, 10), self.got
            return [update["message"]["text"] for _, update in self.got]

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    hook.start()
    yield hook
    hook.stop()


def info(make_bot: MakeBot) -> object:
    async def ask() -> object:
        async with make_bot() as bot:
            return await bot.get_webhook_info()

    return asyncio.run(ask())


def set_webhook(make_bot: MakeBot, url: str, **settings: object) -> None:
    async def run() -> None:
        async with make_bot() as bot:
            assert await bot.set_webhook(url, **settings)

    asyncio.run(run())


def test_updates_arrive_with_the_secret(
    client: SandboxClient, make_bot: MakeBot, hook: Hook
) -> None:
    """T8"""
    anna = client.add_person()
    client.send_text(anna, "van eerder")
    set_webhook(make_bot, hook.url, secret_token=SECRET, max_connections=2)
    sent = client.send_text(anna, "hoi")
    assert hook.wait(2) == ["van eerder", "hoi"]
    assert hook.got[1] == (SECRET, sent)
    told = info(make_bot)
    assert (told.url, told.max_connections, told.api_kwargs) == (hook.url, 2, {})


def test_failed_delivery_is_repeated_in_order_and_told(
    client: SandboxClient, make_bot: MakeBot, hook: Hook
) -> None:
    """T9"""
    anna = client.add_person()
    hook.answers = [500, 500, 403]
    set_webhook(make_bot, hook.url)
    client.send_text(anna, "een")
    client.send_text(anna, "twee")
    assert hook.wait(5) == ["een", "een", "een", "een", "twee"]
    told = info(make_bot)
    assert told.last_error_message == "Wrong response from the webhook: 403 Forbidden"
    assert told.last_error_date is not None


def test_one_failing_chat_does_not_hold_up_another(
    client: SandboxClient,
    start_sandbox: Callable[..., SandboxClient],
    make_bot: MakeBot,
    hook: Hook,
) -> None:
    anna, piet = client.add_person("Anna"), client.add_person("Piet")
    hook.answers = [503] * 3
    client.send_text(anna, "van Anna")
    set_webhook(make_bot, hook.url)
    hook.wait(3)
    client.send_text(piet, "van Piet")
    assert "van Piet" in hook.wait(5)


def test_webhook_that_is_down_counts_pending_and_recovers(
    client: SandboxClient, make_bot: MakeBot
) -> None:
    """T15: nothing is lost while the gateway is away."""
    hook = Hook()
    set_webhook(make_bot, hook.url)
    # The port is taken but nothing listens yet.
    anna = client.add_person()
    for text in "abc":
        client.send_text(anna, text)
    told = info(make_bot)
    while told.last_error_message is None:
        told = info(make_bot)
    assert (told.pending_update_count, told.last_error_message) == (3, "Connection refused")
    hook.start()
    assert hook.wait(3) == ["a", "b", "c"]
    hook.stop()


def test_drop_pending_and_delete(client: SandboxClient, make_bot: MakeBot, hook: Hook) -> None:
    anna = client.add_person()
    client.send_text(anna, "oud")
    set_webhook(make_bot, hook.url, drop_pending_updates=True)
    client.send_text(anna, "nieuw")
    assert hook.wait(1) == ["nieuw"]

    async def run() -> None:
        async with make_bot() as bot:
            await bot.delete_webhook()
            client.send_text(anna, "via polling")
            assert [u.message.text for u in await bot.get_updates()] == ["via polling"]

    asyncio.run(run())
    assert info(make_bot).url == ""
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    ("url", "secret", "description"),
    [
        ("ftp://x", None, "(?i)an https url must be provided for webhook"),
        ("http://x:poort", None, "(?i)bad webhook"),
        ("https://x", "met spatie", "unallowed characters"),
    ],
)
def test_wrong_webhook_is_refused(
    client: SandboxClient, make_bot: MakeBot, url: str, secret: str | None, description: str
) -> None:
    with pytest.raises(BadRequest, match=description):
        set_webhook(make_bot, url, secret_token=secret)
