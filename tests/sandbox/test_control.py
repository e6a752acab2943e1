"""The control API: faults, the log of calls, the clock, the clean start."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from sandbox.client import SandboxClient, SandboxError

MakeBot = Callable[..., Bot]

FAULTS = [
    ("bad_request", {"description": "Bad Request: chat not found"}, BadRequest, "Chat not found"),
    ("blocked", {}, Forbidden, "Forbidden: bot was blocked by the user"),
    ("deactivated", {}, Forbidden, "Forbidden: user is deactivated"),
    ("too_many_requests", {"retry_after": 7}, RetryAfter, "Retry in (7 seconds|0:00:07)"),
    ("bad_gateway", {}, NetworkError, "Bad Gateway"),
]


@pytest.mark.parametrize(("kind", "settings", "raised", "text"), FAULTS)
def test_fault_becomes_the_librarys_exception_and_ends(
    client: SandboxClient,
    make_bot: MakeBot,
    kind: str,
    settings: dict[str, object],
    raised: type[Exception],
    text: str,
) -> None:
    """T5, T6"""
    anna, piet = client.add_person("Anna"), client.add_person("Piet")
    client.set_fault(kind, chat_id=anna, method="sendMessage", count=2, **settings)

    async def run() -> None:
        async with make_bot() as bot:
            for _ in range(2):
                with pytest.raises(raised, match=text) as caught:
                    await bot.send_message(anna, "hoi")
                assert type(caught.value) is raised
            assert await bot.send_chat_action(anna, "typing")
            assert await bot.send_message(piet, "hoi")
            assert await bot.send_message(anna, "hoi")

    asyncio.run(run())
    assert len(client.messages(anna)) == 1
    faults = [call["fault"] for call in client.calls(method="sendMessage", chat_id=anna)]
    assert faults == [kind, kind, None]


@pytest.mark.parametrize(("perform", "seen"), [(True, ["hoi"]), (False, [])])
def test_silence_times_out_whether_or_not_it_was_done(
    client: SandboxClient, make_bot: MakeBot, perform: bool, seen: list[str]
) -> None:
    """T5: after a time-out nobody knows whether the message arrived."""
    anna = client.add_person()
    client.set_fault("silence", method="sendMessage", count=1, perform=perform)

    async def run() -> None:
        async with make_bot(read_timeout=0.3) as bot:
            with pytest.raises(TimedOut):
                await bot.send_message(anna, "hoi")

    asyncio.run(run())
    assert [message.text for message in client.messages(anna)] == seen
    (call,) = client.calls(method="sendMessage")
    assert call["answer"] is None


def test_delay_is_late_but_right(client: SandboxClient, make_bot: MakeBot) -> None:
    anna = client.add_person()
    client.set_fault("delay", chat_id=anna, seconds=0.3)

    async def run() -> float:
        async with make_bot() as bot:
            begin = time.monotonic()
            await bot.send_message(anna, "hoi")
            return time.monotonic() - begin

    assert asyncio.run(run()) >= 0.3
    client.clear_faults()
    assert asyncio.run(run()) < 0.3


def test_wrong_fault_is_refused(client: SandboxClient) -> None:
    with pytest.raises(SandboxError, match="kind must be one of"):
        client.set_fault("earthquake")
    with pytest.raises(SandboxError, match="unknown fields: colour"):
        client.set_fault("silence", colour="blue")


def test_calls_are_logged_filtered_and_waited_for(client: SandboxClient) -> None:
    anna, piet = client.add_person("Anna"), client.add_person("Piet")

    def send(chat_id: int, text: str) -> None:
        url = f"{client.bot_base_url}1:sandbox/sendMessage"
        httpx.post(url, json={"chat_id": chat_id, "text": text}, trust_env=False)

    send(anna, "een")
    before = client.last_call()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.wait_for_calls, 1, chat_id=anna, after=before)
        send(piet, "twee")
        assert not waiting.done()
        send(anna, "drie")
        (call,) = waiting.result(10)
    assert call["arguments"] == {"chat_id": anna, "text": "drie"}
    assert call["answer"]["result"]["text"] == "drie"
    assert call["at"] == pytest.approx(time.time(), abs=30)
    assert [c["arguments"]["text"] for c in client.calls()] == ["een", "twee", "drie"]
    assert [c["arguments"]["text"] for c in client.calls(chat_id=anna)] == ["een", "drie"]
    with pytest.raises(TimeoutError, match="0 of 1 calls"):
        client.wait_for_calls(1, method="sendPhoto", timeout=0.05)
    client.clear_calls()
    assert client.calls() == []


def test_waiting_for_a_message_sees_only_the_bots_newer_ones(client: SandboxClient) -> None:
    anna = client.add_person()
    mine = client.send_text(anna, "welkom?")["message"]["message_id"]
    with pytest.raises(TimeoutError, match="welkom"):
        client.wait_for_message(anna, contains="welkom", timeout=0.05)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.wait_for_message, anna, after=mine, contains="WELKOM")
        url = f"{client.bot_base_url}1:sandbox/sendMessage"
        httpx.post(url, json={"chat_id": anna, "text": "Welkom!"}, trust_env=False)
        assert waiting.result(10).text == "Welkom!"


def test_clock_moves_forward_only_and_dates_follow(client: SandboxClient, tmp_path: Path) -> None:
    anna = client.add_person()
    later = client.advance(3600)
    assert later - datetime.now(UTC) == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=5))
    assert float((tmp_path / "clock").read_text()) == 3600
    sent = client.send_text(anna, "hoi")["message"]["date"]
    assert sent == pytest.approx(time.time() + 3600, abs=5)
    for refused in (lambda: client.advance(-1), lambda: client.move_to(datetime.now(UTC))):
        with pytest.raises(SandboxError, match="kan niet terug"):
            refused()
    client.move_to(later + timedelta(days=1))
    assert float((tmp_path / "clock").read_text()) == pytest.approx(90_000, abs=5)
    client.reset_clock()
    assert float((tmp_path / "clock").read_text()) == 0


def test_clock_is_refused_outside_a_sandbox(
    start_sandbox: Callable[..., SandboxClient], tmp_path: Path
) -> None:
    (tmp_path / "clock").write_text("500")
    client = start_sandbox(clock_allowed=False)
    for move in (lambda: client.advance(60), client.reset_clock):
        with pytest.raises(SandboxError, match="SANDBOX=true") as refused:
            move()
        assert refused.value.status == 403
    assert (tmp_path / "clock").read_text() == "500"
    assert client.now() == pytest.approx(datetime.now(UTC), abs=timedelta(seconds=5))


def test_next_check_in_needs_the_app(start_sandbox: Callable[..., SandboxClient]) -> None:
    with pytest.raises(SandboxError, match="app-url"):
        start_sandbox().to_next_check_in()
    with pytest.raises(SandboxError, match="Praatje geeft geen antwoord"):
        start_sandbox(app_url="http://127.0.0.1:9").to_next_check_in()


def test_reset_empties_but_ids_go_on(client: SandboxClient) -> None:
    anna = client.add_person()
    before = client.send_text(anna, "hoi")
    client.set_fault("blocked")
    client.reset()
    assert (client.people(), client.updates()["pending"], client.calls()) == ([], [], [])
    assert client.health()["ok"]
    after = client.send_text(client.add_person(), "hoi")
    assert after["update_id"] > before["update_id"]
    assert after["message"]["message_id"] > before["message"]["message_id"]


def test_what_cannot_be_is_refused_with_a_reason(client: SandboxClient) -> None:
    anna = client.add_person("Anna", started=False)
    refusals = [
        (lambda: client.send_text(anna, "hoi"), "not pressed start", 409),
        (lambda: client.send_text(1234, "hoi"), "no person 1234", 404),
        (lambda: client.add_person("Piet", id=anna), "taken", 409),
        (lambda: client.add_person(" "), "first_name is empty", 400),
        (lambda: client.inject({"message": {}}), "update_id", 400),
        (lambda: client.press(anna, "Ja"), "has buttons", 404),
        (lambda: client.unblock(anna), "not blocked", 409),
        (lambda: client.start(anna, "met spatie"), "start link", 400),
        (lambda: client.act(anna, "text", text=5), "text is missing or has the wrong type", 400),
        (lambda: client.act(anna, "text", text="x", chat_id=-5), "no group -5", 404),
        (lambda: client.set_fault("delay", seconds="lang"), "seconds is missing or has", 400),
    ]
    for act, text, status in refusals:
        with pytest.raises(SandboxError, match=text) as refused:
            act()
        assert refused.value.status == status


def test_pages_elsewhere_cannot_drive_the_sandbox(client: SandboxClient) -> None:
    url = f"{client.base_url}/control/reset"
    plain = httpx.post(url, content="{}", headers={"Content-Type": "text/plain"}, trust_env=False)
    assert plain.status_code == 415
    assert httpx.post(url, trust_env=False).status_code == 415
    renamed = httpx.get(f"{client.base_url}/", headers={"Host": "evil.example"}, trust_env=False)
    assert renamed.status_code == 400
    page = httpx.get(f"{client.base_url}/", trust_env=False)
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert "<script>" not in page.text
    assert "style=" not in page.text
