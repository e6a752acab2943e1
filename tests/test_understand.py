"""`praatje understand`: JSON lines in, what is understood out, in order, whatever comes in."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import get_settings
from bot.supervisor import ROOT
from bot.understand import understand_lines
from sandbox.testing import Server
from tests.fake_rasa import FakeRasa

LONELY = "ik zie dagen niemand, dat valt me zwaar"


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRasa]:
    fake = FakeRasa(intents={LONELY: "share_loneliness", "dag!": "crisis"})
    server = Server(fake.app()).start()
    monkeypatch.setenv("RASA_URL", server.url)
    get_settings.cache_clear()
    yield fake
    server.stop()
    get_settings.cache_clear()


def understood(*lines: bytes) -> tuple[int, list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    status = understand_lines(io.BytesIO(b"\n".join(lines)), out, err)
    return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def line(text: str) -> bytes:
    return json.dumps({"text": text}).encode()


@pytest.mark.usefixtures("rasa")
def test_a_line_gets_intent_signals_level_and_the_words_they_rest_on() -> None:
    status, (answer,), err = understood(line(LONELY))
    assert (status, err) == (0, "")
    assert list(answer) == [
        "text", "intent", "confidence", "signals", "level", "ask", "evidence",
    ]  # fmt: skip
    assert (answer["text"], answer["intent"], answer["confidence"]) == (
        LONELY,
        "share_loneliness",
        0.9,
    )
    assert (answer["signals"], answer["level"], answer["ask"]) == (["social"], "concern", [])
    (span,) = answer["evidence"]
    assert span["text"] == LONELY[span["start"] : span["end"]]
    assert (span["signal"], span["by"].split(":")[0]) == ("social", "rule")


@pytest.mark.usefixtures("rasa")
def test_the_intent_counts_too() -> None:
    _, (answer,), _ = understood(line("dag!"))
    assert (answer["intent"], answer["level"], answer["ask"]) == ("crisis", "none", ["suicide"])


@pytest.mark.usefixtures("rasa")
def test_what_cannot_be_read_gets_an_error_in_its_place() -> None:
    lines = [
        line("een"),
        b"geen json",
        b"",
        b'["text"]',
        b'{"text": 3}',
        b'\xff{"text": "x"}',
        b'{"text": "\\ud800"}',
        b"[" * 100_000,
        line("twee"),
    ]
    status, answers, _ = understood(*lines)
    assert status == 1
    assert [answer.get("text") for answer in answers] == ["een", *[None] * 7, "twee"]
    assert [list(answer) for answer in answers[1:-1]] == [["error"]] * 7
    assert all("\n" not in answer["error"] for answer in answers[1:-1])


@pytest.mark.usefixtures("rasa")
def test_hundreds_of_lines_keep_their_order_and_every_character() -> None:
    texts = [f"bericht {number} é 😀 “ja”\n/nee" for number in range(300)]
    status, answers, _ = understood(*map(line, texts))
    assert status == 0
    assert [answer["text"] for answer in answers] == texts


@pytest.mark.usefixtures("rasa")
def test_an_answer_comes_before_the_next_line_is_there() -> None:
    reading, writing = os.pipe()
    answers, wrote = os.pipe()
    with (
        open(reading, "rb") as stdin,
        open(wrote, "w", encoding="utf-8") as out,
        open(answers, encoding="utf-8") as answered,
    ):
        thread = threading.Thread(target=understand_lines, args=(stdin, out, io.StringIO()))
        thread.start()
        for text in ("een", "twee"):
            os.write(writing, line(text) + b"\n")
            assert json.loads(answered.readline())["text"] == text
        os.close(writing)
        thread.join(10)
        assert not thread.is_alive()


def test_a_rasa_that_fails_is_an_error_on_the_line(rasa: FakeRasa) -> None:
    class FailsAfterTheFirst(dict[str, str]):
        def get(self, text: str, default: Any = None) -> Any:
            rasa.down = True
            return default

    rasa.intents = FailsAfterTheFirst()
    status, answers, _ = understood(line("een"))
    assert (status, list(answers[0])) == (1, ["error"])
    assert "Rasa gave no answer" in answers[0]["error"]


def _command(tmp_path: Path, **environment: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "understand"],
        cwd=ROOT,
        env={
            **os.environ,
            "SECRET_KEY": "",
            "DATABASE_URL": "postgresql://127.0.0.1:9/nowhere",
            "RASA_URL": "http://127.0.0.1:9",
            "VAR_DIR": str(tmp_path),
            **environment,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_without_a_model_it_says_so_in_one_line_and_exits_with_78(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.supervisor.ROOT", tmp_path)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("RASA_URL", "http://127.0.0.1:9")
    get_settings.cache_clear()
    status, answers, err = understood(line("een"))
    get_settings.cache_clear()
    assert (status, answers) == (78, [])
    assert err == "praatje: There is no Rasa model in var/models. Run `make setup`.\n"


@pytest.mark.rasa
@pytest.mark.timeout(300)
def test_it_starts_a_rasa_of_its_own_and_ends_it(tmp_path: Path) -> None:
    with _command(tmp_path) as command:
        out, err = command.communicate(line(LONELY) + b"\n" + line("goedemorgen") + b"\n")
    answers = [json.loads(each) for each in out.splitlines()]
    assert [answer["intent"] for answer in answers] == ["share_loneliness", "greet"]
    assert command.returncode == 0
    assert b"starting one for this command" in err
    assert not _rasas_of(tmp_path)


@pytest.mark.rasa
@pytest.mark.timeout(300)
def test_ctrl_c_ends_its_rasa_too(tmp_path: Path) -> None:
    with _command(tmp_path) as command:
        assert command.stderr is not None
        while b"starting one" not in command.stderr.readline():
            assert command.poll() is None
        while not _rasas_of(tmp_path):
            assert command.poll() is None
        command.send_signal(signal.SIGINT)
        out, _ = command.communicate()
    assert (command.returncode, out) == (130, b"")
    assert not _rasas_of(tmp_path)


def _rasas_of(tmp_path: Path) -> list[str]:
    """Processes that run with this test's folder in their environment, but the command itself."""
    mark = f"VAR_DIR={tmp_path}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
            if mark in (process / "environ").read_bytes() and b"rasa" in arguments:
                found.append(process.name)
        except OSError:
            continue
    return found
