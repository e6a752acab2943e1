"""`praatje understand`: JSON lines in, what Praatje understands out, by the real Rasa.

For evaluation and for whoever wants to see why a message was read as it was. Lines are read a few
at a time and answered in their own order, each as soon as it can be.
"""

import io
import json
import os
import queue
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, TextIO

import httpx

from bot.errors import ConfigurationError
from bot.settings import Settings, get_settings
from bot.supervisor import (
    EXIT_CONFIGURATION,
    RASA_ENVIRONMENT,
    Part,
    last_line,
    newest_model,
    rasa_command,
)
from bot.understanding import evidence, read, with_intent

Answer = dict[str, Any]

EXIT_INTERRUPTED = 130
FALLBACK = "nlu_fallback"
AT_ONCE = 4
WAITING = 64
PARSE_SECONDS = 30.0
START_SECONDS = 120.0
STOP_SECONDS = 10.0


class _Unreadable(Exception):
    """A line that cannot be understood; the text says why."""


def understand_lines(stdin: BinaryIO, out: TextIO, err: TextIO) -> int:
    """Answer every line of `stdin` with one on `out`; returns the exit status.

    0: all understood; 1: some line got an error in its place; 78: Rasa cannot be started.
    """
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding="utf-8")
    try:
        with _rasa(get_settings(), err) as rasa:
            return 0 if _answer_all(stdin, out, rasa) else 1
    except ConfigurationError as error:
        err.write(f"praatje: {error}\n")
        return EXIT_CONFIGURATION
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _answer_all(stdin: BinaryIO, out: TextIO, rasa: httpx.Client) -> bool:
    """True when every line was understood. This thread reads, for only it hears Ctrl-C."""
    answers: queue.Queue[Future[Answer] | None] = queue.Queue(WAITING)
    faults: list[str] = []
    writer = threading.Thread(target=_write_all, args=(answers, out, faults), daemon=True)
    writer.start()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for line in stdin:
            if not writer.is_alive():
                break
            answers.put(pool.submit(_answer, line, rasa))
        answers.put(None)
        writer.join()
    finally:
        pool.shutdown(cancel_futures=True)
    return not faults


def _write_all(
    answers: "queue.Queue[Future[Answer] | None]", out: TextIO, faults: list[str]
) -> None:
    """Write the answers in the order of their lines, until None or until nobody reads them."""
    try:
        while (waiting := answers.get()) is not None:
            answer = waiting.result()
            faults.extend([answer["error"]] if "error" in answer else [])
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
            out.flush()
    except BrokenPipeError:
        faults.append("nobody reads the answers")
    except CancelledError:
        faults.append("stopped")


def _answer(line: bytes, rasa: httpx.Client) -> Answer:
    try:
        return _understood(_text(line), rasa)
    except _Unreadable as error:
        return {"error": str(error)}


def _text(line: bytes) -> str:
    """The text of a line `{"text": …}`. Raises _Unreadable."""
    try:
        said = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise _Unreadable("the line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise _Unreadable("the line is no JSON") from None
    text = said.get("text") if isinstance(said, dict) else None
    if not isinstance(text, str):
        raise _Unreadable('the line is no object with a string "text"')
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _Unreadable("the text holds half a character (a lone surrogate)") from None
    return text


def _understood(text: str, rasa: httpx.Client) -> Answer:
    try:
        intent, confidence = _parse(rasa, text)
    except (httpx.HTTPError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise _Unreadable(f"Rasa gave no answer ({type(error).__name__})") from None
    reading = with_intent(read(text), intent, confidence)
    return {
        "text": text,
        "intent": intent,
        "confidence": round(confidence, 4),
        "signals": list(reading.signals),
        "level": reading.level,
        "ask": list(reading.ask),
        "evidence": evidence(reading, text),
    }


def _parse(rasa: httpx.Client, text: str) -> tuple[str, float]:
    """The likeliest intent and how likely it is, also where the dialogue would ask (row N4).

    A slash would name an intent outright, as in a turn.
    """
    response = rasa.post("/model/parse", json={"text": text.strip().lstrip("/") or "…"})
    response.raise_for_status()
    ranking = response.json()["intent_ranking"]
    intent = next(ranked for ranked in ranking if ranked["name"] != FALLBACK)
    return str(intent["name"]), float(intent["confidence"])


@contextmanager
def _rasa(settings: Settings, err: TextIO) -> Iterator[httpx.Client]:
    """The Rasa that runs, or one of our own for as long as this lasts."""
    with ExitStack() as stack:
        running = stack.enter_context(
            _client(settings.rasa_url, settings.rasa_auth_token.get_secret_value())
        )
        if _answers(running):
            yield running
            return
        yield stack.enter_context(_own_rasa(settings, lambda text: _say(err, text)))


def _say(err: TextIO, text: str) -> None:
    err.write(f"{text}\n")
    err.flush()


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=url, params={"token": token}, timeout=PARSE_SECONDS, trust_env=False
    )


def _answers(rasa: httpx.Client) -> bool:
    """Whether a Rasa with a model is there and takes our token."""
    try:
        _parse(rasa, "hallo")
    except (httpx.HTTPError, ValueError, KeyError, TypeError, StopIteration):
        return False
    return True


@contextmanager
def _own_rasa(settings: Settings, say: Callable[[str], None]) -> Iterator[httpx.Client]:
    """A Rasa on a free port of this machine, ended with the block. Raises ConfigurationError."""
    port, token = _free_port(), secrets.token_hex(24)
    command = rasa_command(newest_model(settings.var_dir), port, token)
    # Without endpoints: no tracker database and no action server, understanding needs neither.
    part = Part(
        "rasa",
        [*command, "--endpoints", os.devnull],
        RASA_ENVIRONMENT,
        settings.var_dir / "log" / "rasa-understand.log",
        f"http://127.0.0.1:{port}/version",
    )
    say(f"No Rasa answers at {settings.rasa_url}: starting one for this command")
    began = time.monotonic()
    try:
        _start(part)
        say(f"Rasa is ready after {time.monotonic() - began:.0f} s")
        with _client(f"http://127.0.0.1:{port}", token) as client:
            yield client
    finally:
        _stop(part)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(part: Part) -> None:
    try:
        part.start()
    except OSError as error:
        raise ConfigurationError(
            f"Rasa cannot be started: {error.strerror}: {error.filename}. Run `make setup`."
        ) from None
    deadline = time.monotonic() + START_SECONDS
    while not part.is_ready():
        if part.ended() is not None or time.monotonic() > deadline:
            raise ConfigurationError(f"Rasa did not start: {last_line(part.log)} (see {part.log})")
        time.sleep(0.2)


def _stop(part: Part) -> None:
    if part.process is None:
        return
    part.process.terminate()
    try:
        part.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        part.process.kill()
