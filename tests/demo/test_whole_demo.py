"""`praatje demo` for real: started, toured as the printed text says, stopped, started again."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from bot.demo import cast, tour
from bot.supervisor import ROOT
from sandbox.client import SandboxClient

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]

START_SECONDS = 200.0
"""Generous: the machine of a test run is busy, and Rasa loads a model."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """A running demo: what it printed, and its process."""

    def __init__(self, folder: Path, ports: list[int], *options: str) -> None:
        console, sandbox, rasa, actions = ports
        self.console = f"http://127.0.0.1:{console}"
        self.sandbox = f"http://127.0.0.1:{sandbox}"
        self.said = ""
        self._told = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", *options],
            cwd=ROOT,
            env={
                **os.environ,
                "VAR_DIR": str(folder),
                "CONSOLE_PORT": str(console),
                "SANDBOX_URL": self.sandbox,
                "RASA_URL": f"http://127.0.0.1:{rasa}",
                "RASA_ACTIONS_URL": f"http://127.0.0.1:{actions}/webhook",
                "PYTHONUNBUFFERED": "1",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        assert self._told.wait(START_SECONDS), self.said
        assert "Enrol somebody" in self.said, self.said

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "Enrol somebody" in self.said and line == "\n":
                self._told.set()
        self._told.set()

    def listening(self) -> set[str]:
        """The addresses at which the demo and all its processes listen."""
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        return {
            connection.laddr.ip
            for process in family
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }


@contextmanager
def demo(folder: Path, ports: list[int], *options: str) -> Iterator[Demo]:
    running = Demo(folder, ports, *options)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(60)
        running._reading.join(5)


class Console:
    """A coordinator's browser, as far as forms go."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"Origin": url}, follow_redirects=True, trust_env=False
        )
        page = self.get("/inloggen")
        self.post(page, "/inloggen", email=email, wachtwoord=password, verder="/meldingen")

    def get(self, path: str) -> str:
        return self._http.get(path).raise_for_status().text

    def post(self, page: str, path: str, **fields: str) -> str:
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        assert csrf is not None
        sent = self._http.post(path, data={"csrf": csrf[1], **fields})
        return sent.raise_for_status().text


def test_a_newcomer_chats_sees_a_case_hands_it_over_and_finds_it_again(tmp_path: Path) -> None:
    players = cast.load()
    (bep,) = (player.telegram_id for player in players.residents if player.first)
    ineke = players.helpers[0].telegram_id
    ports = [free_port() for _ in range(4)]
    with demo(tmp_path, ports) as running, SandboxClient(running.sandbox) as phones:
        assert running.listening() <= {"127.0.0.1"}
        assert len(phones.messages(bep)) > 80
        console = Console(running.console, players.email, players.password)
        before = set(re.findall(r"/meldingen/(\d+)", console.get("/meldingen")))

        seen = phones.last_message_id(bep)
        phones.to_next_check_in()
        asked = phones.wait_for_message(bep, after=seen, contains="Hoe gaat het", timeout=30)
        phones.send_text(bep, tour.LONELY)
        phones.wait_for_message(bep, after=asked.message_id, timeout=30)
        phones.wait_for_message(players.coordinator_telegram_id, contains="zorg", timeout=30)

        (case,) = set(re.findall(r"/meldingen/(\d+)", console.get("/meldingen"))) - before
        page = console.get(f"/meldingen/{case}")
        helper = re.search(rf'<option value="(\d+)">{players.helpers[0].name}', page)
        assert helper is not None
        offered = phones.last_message_id(ineke)
        console.post(page, f"/meldingen/{case}/vragen", helper=helper[1])
        phones.wait_for_message(ineke, after=offered, contains="oppakken", timeout=30)
        phones.press(ineke, "Ja, ik pak het op")
        phones.wait_for_message(bep, contains=players.helpers[0].name, timeout=30)

        phones.send_text(bep, tour.CRISIS)
        phones.wait_for_message(bep, contains="dit is geen noodhulp", timeout=30)

        link = re.search(rf"person={players.fresh.telegram_id}&start=(\S+)", running.said)
        assert link is not None
        phones.start(players.fresh.telegram_id, link[1])
        phones.wait_for_message(players.fresh.telegram_id, contains="computerprogramma", timeout=30)

    with demo(tmp_path, ports) as again, SandboxClient(again.sandbox) as phones:
        assert any(message.text == tour.CRISIS for message in phones.messages(bep))
        assert f"{players.fresh.name} takes part already" in again.said
        console = Console(again.console, players.email, players.password)
        assert case in set(re.findall(r"/meldingen/(\d+)", console.get("/meldingen")))
