"""T5: what each error of Telegram, and of the network on the way, means for a message."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.telegram.delivery import Fate, fate, unreachable_reason

Run = Callable[..., Any]

ANSWERED = {
    (403, "Forbidden: bot was blocked by the user"): (Fate.GONE, "blocked"),
    (403, "Forbidden: user is deactivated"): (Fate.GONE, "deactivated"),
    (403, "Forbidden: bot can't initiate conversation with a user"): (Fate.GONE, "never_started"),
    (403, "Forbidden: bot was kicked from the group chat"): (Fate.GONE, "kicked"),
    (403, "Forbidden: bot was kicked from the supergroup chat"): (Fate.GONE, "kicked"),
    (400, "Bad Request: chat not found"): (Fate.GONE, "not_found"),
    (403, "Forbidden: bot can't send messages to bots"): (Fate.REFUSED, None),
    (403, "Forbidden: bot is not a member of the channel chat"): (Fate.REFUSED, None),
    (400, "Bad Request: message is too long"): (Fate.REFUSED, None),
    (400, "Bad Request: message text is empty"): (Fate.REFUSED, None),
    (400, "Bad Request: can't parse entities: unclosed tag"): (Fate.REFUSED, None),
    (400, "Bad Request: not enough rights to send text messages"): (Fate.REFUSED, None),
    (400, "Bad Request: PEER_ID_INVALID"): (Fate.REFUSED, None),
    (413, "Request Entity Too Large"): (Fate.TRANSIENT, None),
    (401, "Unauthorized"): (Fate.TRANSIENT, None),
    (404, "Not Found"): (Fate.TRANSIENT, None),
    (500, "Internal Server Error"): (Fate.TRANSIENT, None),
    (502, "Bad Gateway"): (Fate.TRANSIENT, None),
    (503, "Service Unavailable"): (Fate.TRANSIENT, None),
    (504, "Gateway Timeout"): (Fate.TRANSIENT, None),
}

ON_THE_WAY = {
    httpx.ConnectError: Fate.TRANSIENT,
    httpx.ConnectTimeout: Fate.TRANSIENT,
    httpx.PoolTimeout: Fate.TRANSIENT,
    httpx.ReadTimeout: Fate.UNKNOWN,
    httpx.WriteTimeout: Fate.UNKNOWN,
    httpx.ReadError: Fate.UNKNOWN,
    httpx.WriteError: Fate.UNKNOWN,
    httpx.CloseError: Fate.UNKNOWN,
    httpx.RemoteProtocolError: Fate.UNKNOWN,
    httpx.DecodingError: Fate.UNKNOWN,
    RuntimeError: Fate.UNKNOWN,
    OSError: Fate.UNKNOWN,
}


async def error_of(answer: httpx.Response | Exception) -> TelegramError:
    """The error that the real python-telegram-bot makes of an answer, or of none."""

    def answers(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    request = HTTPXRequest(httpx_kwargs={"transport": httpx.MockTransport(answers)})
    try:
        await request.post("https://telegram.test/bot1:x/sendMessage")
    except TelegramError as error:
        return error
    finally:
        await request.shutdown()
    raise AssertionError("no error was raised")


@pytest.mark.parametrize(("answer", "means"), ANSWERED.items(), ids=lambda each: str(each)[:60])
def test_what_telegram_answers_decides_the_fate_t5(
    answer: tuple[int, str], means: tuple[Fate, str | None], run: Run
) -> None:
    status, description = answer
    body = {"ok": False, "error_code": status, "description": description}
    error = run(error_of, httpx.Response(status, json=body))
    assert (fate(error), unreachable_reason(error)) == means


@pytest.mark.parametrize("seconds", [1, 37])
def test_a_throttled_message_waits_as_long_as_telegram_says_t5(seconds: int, run: Run) -> None:
    body = {
        "ok": False,
        "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
        "parameters": {"retry_after": seconds},
    }
    error = run(error_of, httpx.Response(429, json=body))
    assert fate(error) is Fate.THROTTLED
    assert isinstance(error, RetryAfter)
    assert error.retry_after in (seconds, timedelta(seconds=seconds))


@pytest.mark.parametrize(("cause", "means"), ON_THE_WAY.items(), ids=lambda each: str(each))
def test_what_may_have_arrived_is_never_sent_again_t5(
    cause: type[Exception], means: Fate, run: Run
) -> None:
    error = run(error_of, cause("on the way"))
    assert isinstance(error, NetworkError)
    assert fate(error) is means


def test_a_success_that_cannot_be_read_may_have_arrived_t5(run: Run) -> None:
    error = run(error_of, httpx.Response(200, text='{"ok": true, "resu'))
    assert fate(error) is Fate.UNKNOWN


def test_a_failure_without_json_is_tried_again_t5(run: Run) -> None:
    error = run(error_of, httpx.Response(502, text="<html>Bad Gateway</html>"))
    assert fate(error) is Fate.TRANSIENT


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (RetryAfter(3), Fate.THROTTLED),
        (ChatMigrated(-100), Fate.REFUSED),
        (InvalidToken(), Fate.TRANSIENT),
        (Conflict("another"), Fate.REFUSED),
        (Forbidden("Forbidden: user is deactivated"), Fate.GONE),
        (BadRequest("Chat not found"), Fate.GONE),
        (TimedOut(), Fate.TRANSIENT),
    ],
    ids=lambda each: type(each).__name__,
)
def test_every_kind_of_error_has_a_fate_t5(error: TelegramError, means: Fate) -> None:
    assert fate(error) is means
