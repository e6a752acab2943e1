"""The webhook: who may call it, what it answers, and that an update counts once."""

import hmac
import itertools
import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from bot import clock
from bot.errors import ConfigurationError
from bot.models import Direction, Message, TelegramUpdate
from bot.settings import Settings, get_settings
from bot.telegram import gateway, webhook
from sandbox.client import SandboxClient
from sandbox.testing import Server
from tests.fake_rasa import FakeRasa
from tests.people import People
from tests.processes import role
from tests.running import Running, worker
from tests.waiting import until

from .updates import UNREADABLE, Json, every_kind, message

ids = itertools.count(1)


def text_update(person: int, words: str) -> Json:
    number = next(ids)
    return {"update_id": number, "message": message(person, number, text=words)}


def taken_in(sessions: sessionmaker[Session]) -> tuple[int, int]:
    """How many updates and how many messages of people there are."""
    with sessions() as session:
        updates = session.scalar(select(func.count()).select_from(TelegramUpdate))
        came_in = select(func.count()).where(Message.direction == Direction.IN)
        return updates or 0, session.scalar(came_in) or 0


def test_who_does_not_know_the_secret_leaves_no_trace_t8(
    telegram: httpx.Client, sessions: sessionmaker[Session]
) -> None:
    """Also with a body that cannot be read: nothing is parsed before the secret is right."""
    del telegram.headers[webhook.SECRET_HEADER]
    for secret in (None, "", "wrong", "a-secret-that-only-telegram-knowS", "é" * 33):
        headers = {} if secret is None else {webhook.SECRET_HEADER: secret.encode("latin-1")}
        for body in (json.dumps(text_update(1, "dag")).encode(), *UNREADABLE):
            answer = telegram.post(webhook.PATH, content=body, headers=headers)
            assert answer.status_code == 403, (secret, body)
    assert taken_in(sessions) == (0, 0)


def test_the_secret_is_compared_in_constant_time_t8(
    telegram: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def compare(given: bytes, secret: bytes) -> bool:
        compared.append((given, secret))
        return False

    monkeypatch.setattr(webhook, "compare_digest", compare)
    assert telegram.post(webhook.PATH, json=text_update(1, "dag")).status_code == 403
    assert len(compared) == 1
    monkeypatch.undo()
    assert webhook.compare_digest is hmac.compare_digest


@pytest.mark.parametrize("secret", ["", "short"])
def test_without_a_good_secret_the_webhook_does_not_open_t8(
    settings: Settings,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
) -> None:
    monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", secret)
    get_settings.cache_clear()
    bot = gateway.make_bot(get_settings())
    with pytest.raises(ConfigurationError, match="TELEGRAM_WEBHOOK_SECRET"):
        webhook.make_router(bot, sessions, get_settings())


def test_nothing_but_the_webhook_answers_o9(telegram: httpx.Client) -> None:
    for path in ("/", "/docs", "/openapi.json", "/redoc", "/healthz", "/webhooks/rest/webhook"):
        assert telegram.get(path).status_code == 404
        assert telegram.post(path).status_code == 404
    for path in ("/set_webhook", "/webhooks/telegram/webhook", "/telegram/x"):
        assert telegram.post(path).status_code == 404
    assert telegram.get(webhook.PATH).status_code == 405


def test_the_gateway_registers_itself_takes_updates_and_answers_nothing_else_o9(
    webhook_settings: Settings,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The role as an installation runs it, called by the stand-in for Telegram."""
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("TELEGRAM_MODE", "webhook")
    monkeypatch.setenv("TELEGRAM_WEBHOOK_URL", here)
    monkeypatch.setenv("WEBHOOK_PORT", str(port))
    with role("gateway"):
        sandbox.wait_for_calls(1, method="setWebhook", timeout=40)
        sandbox.send_text(riet, "dag")
        until(lambda: taken_in(sessions) == (1, 1))
        for path in ("/", "/docs", "/openapi.json", "/webhooks/telegram/set_webhook", "/version"):
            assert httpx.get(here + path, trust_env=False).status_code == 404
        assert httpx.post(here + webhook.PATH, trust_env=False).status_code == 403


def test_every_kind_of_update_is_answered_with_200_and_work_goes_on_t9(
    telegram: httpx.Client,
    webhook_settings: Settings,
    running: Running,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    kinds = every_kind(riet)
    assert len(kinds) >= 30
    answers = {
        name: telegram.post(webhook.PATH, json={"update_id": next(ids), **update}).status_code
        for name, update in kinds.items()
    }
    assert set(answers.values()) == {200}, answers
    for body in UNREADABLE:
        assert telegram.post(webhook.PATH, content=body).status_code == 200, body
    running.begin(worker(webhook_settings, sessions))
    telegram.post(webhook.PATH, json=text_update(riet, "nog een bericht"))
    sandbox.wait_for_message(riet, contains="Vertel eens verder")


def test_the_person_sees_typing_for_as_long_as_the_answer_takes_t9(
    telegram: httpx.Client,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "SLOW_SECONDS", 0.1)
    monkeypatch.setattr(gateway, "TYPING_SECONDS", 0.2)
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    assert telegram.post(webhook.PATH, json=text_update(riet, "dag")).status_code == 200
    calls = sandbox.wait_for_calls(3, method="sendChatAction", chat_id=riet)
    assert {call["arguments"]["action"] for call in calls} == {"typing"}
    with sessions.begin() as session:
        session.execute(update(Message).values(handled_at=clock.now()))
    shown = len(sandbox.calls(method="sendChatAction", chat_id=riet))
    time.sleep(1)
    assert len(sandbox.calls(method="sendChatAction", chat_id=riet)) <= shown + 1


def test_an_answer_that_comes_at_once_needs_no_typing_t9(
    telegram: httpx.Client,
    sandbox: SandboxClient,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "SLOW_SECONDS", 0.1)
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    assert telegram.post(webhook.PATH, json=text_update(riet, "/help")).status_code == 200
    time.sleep(0.5)
    assert not sandbox.calls(method="sendChatAction", chat_id=riet)


def test_telegram_hears_200_while_rasa_is_stuck_t9(
    telegram: httpx.Client,
    webhook_settings: Settings,
    running: Running,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
) -> None:
    rasa.seconds = 60
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    running.begin(worker(webhook_settings, sessions))
    telegram.post(webhook.PATH, json=text_update(riet, "dag"))
    until(lambda: rasa.asked)
    assert telegram.post(webhook.PATH, json=text_update(riet, "hoi"), timeout=3).status_code == 200


def test_an_update_that_comes_five_times_is_one_message_and_one_turn_t7(
    telegram: httpx.Client,
    webhook_settings: Settings,
    running: Running,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
    rasa: FakeRasa,
) -> None:
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    update = text_update(riet, "dag")
    assert [telegram.post(webhook.PATH, json=update).status_code for _ in range(5)] == [200] * 5
    again = {**update, "update_id": next(ids)}  # the same message under another id
    telegram.post(webhook.PATH, json=again)
    running.begin(worker(webhook_settings, sessions))
    sandbox.wait_for_message(riet, contains="Vertel eens verder")
    telegram.post(webhook.PATH, json=text_update(riet, "en nu iets anders"))
    until(lambda: len(rasa.asked) == 2)
    assert [each["message"] for each in rasa.asked] == ["dag", "en nu iets anders"]
    assert taken_in(sessions) == (3, 2)


def test_the_same_update_at_two_gateways_at_once_counts_once_t7(
    telegram: httpx.Client,
    webhook_settings: Settings,
    sandbox: SandboxClient,
    people: People,
    sessions: sessionmaker[Session],
) -> None:
    """A second application with its own connections stands for a second process."""
    riet = sandbox.add_person("Riet")
    people.resident(riet)
    app = FastAPI(openapi_url=None)
    app.include_router(
        webhook.make_router(gateway.make_bot(webhook_settings), sessions, webhook_settings)
    )
    second = Server(app).start()
    try:
        for number in range(1, 11):
            update = text_update(riet, f"bericht {number}")
            addresses = [webhook.PATH, second.url + webhook.PATH] * 2
            with ThreadPoolExecutor(4) as pool:
                answers = pool.map(
                    lambda address, update=update: telegram.post(address, json=update).status_code,
                    addresses,
                )
                assert list(answers) == [200] * 4
            assert taken_in(sessions) == (number, number)
    finally:
        second.stop()


def test_first_words_of_somebody_new_in_four_updates_at_once_t7(
    telegram: httpx.Client, sandbox: SandboxClient, people: People, sessions: sessionmaker[Session]
) -> None:
    """Four dangerous messages of a stranger: one chat, one case, nothing lost."""
    people.invited()
    unknown = sandbox.add_person("Onbekend")
    updates = [text_update(unknown, f"ik wil niet meer leven, {number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda each: telegram.post(webhook.PATH, json=each).status_code, updates)
        )
    assert answers == [200] * 4
    assert taken_in(sessions) == (4, 4)


def test_what_cannot_be_read_is_not_written_to_the_log_o8(
    telegram: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    body = b'{"update_id": 5, "message": {"text": "kanarie in de mijn"}}'
    assert telegram.post(webhook.PATH, content=body).status_code == 200
    assert "kanarie" not in caplog.text
