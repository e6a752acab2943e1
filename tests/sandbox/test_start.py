"""Starting the sandbox as a process, and what its state file keeps."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox import samples
from sandbox.app import Settings, create_app
from sandbox.client import SandboxClient
from sandbox.persistence import StateFileError
from sandbox.testing import running_sandbox

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run("--port", port)
    assert ended.returncode == 1
    assert ended.stderr == f"sandbox: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--host", "0.0.0.0"], "is not this machine"), (["--token", "x"], "must look like")],
)
def test_wrong_start_is_refused(arguments: list[str], words: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == 1
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_process_keeps_its_state_over_a_restart(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    state, port = tmp_path / "state.json", free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--state", str(state)]

    def started() -> tuple[subprocess.Popen[str], SandboxClient]:
        process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "SANDBOX": ""}
        )
        request.addfinalizer(process.kill)
        assert process.stderr is not None
        assert f":{port}/" in process.stderr.readline()
        return process, SandboxClient(f"http://127.0.0.1:{port}")

    def stop(process: subprocess.Popen[str], client: SandboxClient) -> None:
        client.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)

    process, client = started()
    anna = client.add_person("Anna")
    update = client.send_voice(anna, b"OggS stem")
    stop(process, client)

    process, client = started()
    assert client.updates()["pending"] == [update]
    (message,) = client.messages(anna)
    assert message.kind == "voice"
    file_id = message.raw["media"]["file_id"]
    file = httpx.get(f"{client.base_url}/control/files/{file_id}", trust_env=False)
    assert file.content == b"OggS stem"
    later = client.send_text(anna, "weer")
    assert later["update_id"] > update["update_id"]
    assert later["message"]["message_id"] > update["message"]["message_id"]
    stop(process, client)


def test_whole_state_survives(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    settings = Settings(state_file=file)
    with running_sandbox(settings) as client:
        anna, piet = client.add_person("Anna"), client.add_person("Piet")
        client.block(piet)
        client.hold()
        client.send_text(anna, "vast")
        url = f"{client.bot_base_url}1:sandbox"
        httpx.post(f"{url}/setWebhook", json={"url": "http://127.0.0.1:9/"}, trust_env=False)
        keyboard = {"inline_keyboard": [[{"text": "Ja", "callback_data": "y"}]]}
        body = {"chat_id": anna, "text": "?", "reply_markup": keyboard}
        httpx.post(f"{url}/sendMessage", json=body, trust_env=False)
        before = (client.people(), client.messages(anna), client.updates()["held"])
    with running_sandbox(settings) as client:
        assert (client.people(), client.messages(anna), client.updates()["held"]) == before
        assert client.updates()["holding"]
        info = httpx.get(f"{client.bot_base_url}1:sandbox/getWebhookInfo", trust_env=False)
        assert info.json()["result"]["url"] == "http://127.0.0.1:9/"


@pytest.mark.parametrize("content", ["{", "[]", "{}", json.dumps({"people": [{"naam": 1}]})])
def test_corrupt_state_file_is_one_clear_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    with pytest.raises(StateFileError, match="cannot read the state file"):
        create_app(Settings(state_file=file))
    ended = run("--state", str(file), "--port", str(free_port()))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert file.read_text() == content, "what cannot be read is not thrown away"


def test_events_of_a_page_end_with_the_sandbox(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    client = start_sandbox()
    with httpx.stream("GET", f"{client.base_url}/control/events", trust_env=False) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        client.add_person("Anna")
        assert json.loads(next(line for line in lines if line.startswith("data"))[5:])["type"] == (
            "person"
        )


def test_samples_are_what_they_say() -> None:
    assert samples.photo().startswith(b"\x89PNG")
    assert samples.voice(2).count(b"OggS") == 4
    assert samples.sticker()[8:12] == b"WEBP"
