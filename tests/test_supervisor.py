"""The supervisor: starts, starts again what dies, says in one line what cannot start, stops all."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import supervisor
from bot.errors import ConfigurationError
from bot.settings import Settings
from bot.supervisor import EXIT_CONFIGURATION, Part, Supervisor
from tests.waiting import until

LIVES = [sys.executable, "-c", "import time; time.sleep(600)"]
DIES = [sys.executable, "-c", "raise SystemExit(3)"]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(600)"
)


def ends_with(status: int, words: str) -> list[str]:
    return [sys.executable, "-c", f"print({words!r}); raise SystemExit({status})"]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def keeper(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(Settings(var_dir=tmp_path, _env_file=None), said.append)  # type: ignore[call-arg]
    yield made
    made.stop()


def pid(part: Part) -> int:
    assert part.process is not None
    return part.process.pid


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_dies_is_started_again_after_a_pause_that_doubles(
    keeper: Supervisor, said: list[str]
) -> None:
    keeper.add("worker", DIES)
    part = keeper.parts[0]
    part.start()
    pauses, now = [], 1000.0
    for _ in range(10):
        assert part.process is not None
        part.process.wait()
        part.started_at = now
        keeper.look(now)
        assert part.process is None
        pauses.append(part.start_again_at - now)
        keeper.look(part.start_again_at - 0.01)
        assert part.process is None
        now = part.start_again_at
        keeper.look(now)
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30])
    assert said == ["worker died (status 3); starting it again"] * 10


def test_what_ran_well_for_a_while_is_back_at_once(keeper: Supervisor) -> None:
    keeper.add("worker", LIVES)
    part = keeper.parts[0]
    part.start()
    part.pause = 30
    os.kill(pid(part), signal.SIGKILL)
    assert part.process is not None
    part.process.wait()
    now = part.started_at + supervisor.STABLE_SECONDS + 1
    keeper.look(now)
    assert part.start_again_at - now < 1
    keeper.look(part.start_again_at)
    assert alive(pid(part))


def test_the_others_go_on_when_one_dies(keeper: Supervisor) -> None:
    keeper.add("rasa", DIES)
    keeper.add("worker", LIVES)
    for part in keeper.parts:
        part.start()
    before = pid(keeper.parts[1])
    assert keeper.parts[0].process is not None
    keeper.parts[0].process.wait()
    keeper.look(time.monotonic())
    assert pid(keeper.parts[1]) == before
    assert alive(before)


def test_a_fault_in_the_settings_is_said_in_one_line_and_not_tried_again(
    keeper: Supervisor,
) -> None:
    keeper.add("praatje", ends_with(EXIT_CONFIGURATION, "SECRET_KEY is missing."))
    part = keeper.parts[0]
    part.start()
    assert part.process is not None
    part.process.wait()
    with pytest.raises(ConfigurationError, match=r"^praatje: SECRET_KEY is missing\.$"):
        keeper.look(time.monotonic())


def test_what_does_not_start_is_said_with_its_last_words(keeper: Supervisor) -> None:
    keeper.add("rasa", ends_with(1, "no model here"), ready_url="http://127.0.0.1:1/version")
    with pytest.raises(ConfigurationError, match="rasa did not start: no model here"):
        keeper.start(wait_seconds=20)


def test_a_program_that_is_not_there_is_said_in_one_line(keeper: Supervisor) -> None:
    keeper.add("rasa", ["/nowhere/rasa", "run"])
    with pytest.raises(ConfigurationError, match="rasa"):
        keeper.start(wait_seconds=5)


def test_a_port_in_use_is_named_before_anything_starts(keeper: Supervisor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        keeper.add("console", LIVES, ready_url=f"http://127.0.0.1:{port}/healthz")
        with pytest.raises(ConfigurationError, match=f"Port {port}, which console needs"):
            keeper.start(wait_seconds=5)
        assert keeper.parts[0].process is None


def test_it_is_ready_when_it_answers_and_not_while_it_is_in_trouble(keeper: Supervisor) -> None:
    serve = (
        "import http.server, sys\n"
        "class Answer(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(int(self.path[1:])); self.end_headers()\n"
        "    def log_message(self, *_): pass\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Answer)\n"
        "print(server.server_port, flush=True)\n"
        "server.serve_forever()\n"
    )
    keeper.add("rasa", [sys.executable, "-c", serve])
    part = keeper.parts[0]
    part.start()
    until(lambda: part.log.read_text().strip())
    port = part.log.read_text().strip()
    for status, ready in ((200, True), (401, True), (404, True), (500, False), (503, False)):
        part.ready_url = f"http://127.0.0.1:{port}/{status}"
        assert part.is_ready() == ready
    keeper.stop()
    assert not part.is_ready()


def test_stopping_ends_every_process_also_a_stubborn_one(
    keeper: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    keeper.add("worker", LIVES)
    keeper.add("rasa", [sys.executable, "-c", STUBBORN])
    for part in keeper.parts:
        part.start()
    until(lambda: "up" in keeper.parts[1].log.read_text())
    keeper.stop()
    for part in keeper.parts:
        assert part.process is not None
        assert part.process.wait(5) in (-signal.SIGTERM, -signal.SIGKILL)


def test_a_supervisor_that_is_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from bot.supervisor import Part\n"
        f"part = Part('worker', {LIVES!r}, {{}}, Path({str(tmp_path / 'log')!r}))\n"
        "part.start()\n"
        "print(part.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=supervisor.ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not alive(child))


def test_rasa_listens_on_loopback_only_and_asks_for_a_token_o9() -> None:
    command = supervisor.rasa_command(Path("model.tar.gz"), 5005, "a-token")
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    assert command[command.index("--auth-token") + 1] == "a-token"
    assert "--enable-api" in command
    assert "--cors" not in command


def test_rasa_tells_nobody_what_it_does_v8() -> None:
    assert supervisor.RASA_ENVIRONMENT["RASA_TELEMETRY_ENABLED"] == "false"


def test_the_newest_model_is_the_one_trained_last(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    future = time.time() + 10_000
    for number, name in enumerate(("a.tar.gz", "b.tar.gz")):
        (models / name).touch()
        os.utime(models / name, (future - number, future - number))
    assert supervisor.newest_model(tmp_path) == models / "a.tar.gz"


def test_without_a_model_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "ROOT", tmp_path)
    with pytest.raises(ConfigurationError, match="make setup"):
        supervisor.newest_model(tmp_path / "var")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="VAR_DIR"):
        supervisor.check_writable(tmp_path / "file" / "var")
    supervisor.check_writable(tmp_path / "var")
    assert list((tmp_path / "var").iterdir()) == []


def test_product_code_sends_nothing_through_rasa_or_ptb_timers_o2() -> None:
    words = ("ReminderScheduled", "ReminderCancelled", "JobQueue", "job_queue")
    for folder in ("bot", "actions"):
        for path in (supervisor.ROOT / folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            assert not [word for word in words if word in source], path
