"""getUpdates: what an offset acknowledges, who may poll, what a tester can do to the queue."""

import asyncio
import time
from collections.abc import Callable

import pytest
from telegram import Bot
from telegram.error import Conflict

from sandbox.client import SandboxClient
from sandbox.updates import UpdateQueue

MakeBot = Callable[..., Bot]


def texts(updates: object) -> list[str]:
    return [update.message.text for update in updates]


def test_offset_acknowledges_and_limit_limits(client: SandboxClient, make_bot: MakeBot) -> None:
    """T7"""
    anna = client.add_person()
    for text in "abcd":
        client.send_text(anna, text)

    async def run() -> None:
        async with make_bot() as bot:
            first = await bot.get_updates(limit=2)
            assert texts(first) == ["a", "b"]
            assert texts(await bot.get_updates(limit=2)) == ["a", "b"], "not acknowledged yet"
            rest = await bot.get_updates(offset=first[-1].update_id + 1)
            assert texts(rest) == ["c", "d"]
            assert texts(await bot.get_updates(offset=-1)) == ["d"]
            assert texts(await bot.get_updates()) == ["d"], "a negative offset forgets the rest"

    asyncio.run(run())


def test_long_poll_answers_as_soon_as_something_comes(
    client: SandboxClient, make_bot: MakeBot
) -> None:
    anna = client.add_person()

    async def run() -> None:
        async with make_bot() as bot:
            poll = asyncio.create_task(bot.get_updates(timeout=20, read_timeout=25))
            await until_polling(client)
            begin = time.monotonic()
            await asyncio.to_thread(client.send_text, anna, "hoi")
            assert texts(await poll) == ["hoi"]
            assert time.monotonic() - begin < 5

    asyncio.run(run())


def test_second_poller_ends_the_first(client: SandboxClient, make_bot: MakeBot) -> None:
    async def run() -> None:
        async with make_bot() as one, make_bot() as two:
            poll = asyncio.create_task(one.get_updates(timeout=20, read_timeout=25))
            await until_polling(client)
            assert await two.get_updates() == ()
            with pytest.raises(Conflict, match="terminated by other getUpdates request"):
                await poll
            poll = asyncio.create_task(one.get_updates(timeout=20, read_timeout=25))
            await until_polling(client)
            await two.set_webhook("http://127.0.0.1:9/hook")
            with pytest.raises(Conflict, match="terminated by setWebhook"):
                await poll
            with pytest.raises(Conflict, match="while webhook is active"):
                await one.get_updates()
            await two.delete_webhook()
            assert await one.get_updates() == ()

    asyncio.run(run())


async def until_polling(client: SandboxClient, pollers: int = 1) -> None:
    def look() -> None:
        deadline = time.monotonic() + 10
        while client.updates()["pollers"] != pollers:
            assert time.monotonic() < deadline

    await asyncio.to_thread(look)


def test_poll_of_a_bot_that_went_away_takes_nothing(
    client: SandboxClient, make_bot: MakeBot
) -> None:
    anna = client.add_person()

    async def run() -> None:
        async with make_bot() as bot:
            poll = asyncio.create_task(bot.get_updates(timeout=20, read_timeout=25))
            await until_polling(client)
            poll.cancel()
            await asyncio.gather(poll, return_exceptions=True)
            await until_polling(client, 0)
            client.inject({"update_id": 5, "message": client.send_text(anna, "x")["message"]})
            assert len(await bot.get_updates()) == 2

    asyncio.run(run())


def test_unwanted_kinds_are_not_queued(client: SandboxClient, make_bot: MakeBot) -> None:
    anna = client.add_person()

    async def run() -> None:
        async with make_bot() as bot:
            await bot.get_updates(allowed_updates=["message"])
            client.block(anna)
            client.start(anna)
            assert texts(await bot.get_updates()) == ["/start"]
            await bot.get_updates(allowed_updates=[])
            client.block(anna)
            assert (await bot.get_updates())[-1].my_chat_member

    asyncio.run(run())


def test_repeated_update_reaches_the_bot_in_spite_of_its_id(
    client: SandboxClient, make_bot: MakeBot
) -> None:
    """T7: the same update five times."""
    update = client.send_text(client.add_person(), "hoi")

    async def run() -> None:
        async with make_bot() as bot:
            after = update["update_id"] + 1
            await bot.get_updates()
            assert await bot.get_updates(offset=after) == ()
            client.inject(update, times=5)
            assert len(await bot.get_updates(offset=after)) == 5
            assert await bot.get_updates(offset=after) == (), "acknowledged by the next poll"

    asyncio.run(run())


def test_held_updates_come_later_and_in_any_order(client: SandboxClient) -> None:
    """T15"""
    anna = client.add_person()
    client.hold()
    ids = [client.send_text(anna, text)["update_id"] for text in "abc"]
    waiting = client.updates()
    assert (waiting["pending"], len(waiting["held"])) == ([], 3)
    assert client.release([ids[2], ids[0]]) == 3
    assert [u["message"]["text"] for u in client.updates()["pending"]] == ["c", "a", "b"]
    client.hold()
    for text in "de":
        client.send_text(anna, text)
    client.release(reverse=True)
    assert [u["message"]["text"] for u in client.updates()["pending"]][-2:] == ["e", "d"]


def test_ids_begin_at_the_time_of_day() -> None:
    assert UpdateQueue().next_id == pytest.approx(time.time(), abs=5)
