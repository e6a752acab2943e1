"""Stock Rasa in the manner of `rasa init`: trained once on our data, then run as it comes."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import processes, starter
from bench.installation import VAR
from bench.processes import BenchFailed, free_port
from bot.migrations import create_database
from bot.supervisor import RASA, ROOT, Part, last_line
from tools.stamps import fingerprint

Say = Callable[[str], None]

HERE = Path("bench") / "stock"
MADE = VAR / "stock"
EXAMPLES = "data/nlu/train/first_examples.jsonl"
"""What it learns from; the same as in its config.yml."""
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
"""Less in the log; nothing here changes what stock does or how many threads it takes."""

HEARTBEAT_SECONDS = 30.0
LONGEST_TRAINING_SECONDS = 3600.0


def model(say: Say) -> Path:
    """The trained model, made now if its inputs changed. Raises BenchFailed."""
    project = _project()
    inputs = (str(HERE / "config.yml"), EXAMPLES, "requirements/rasa.txt")
    name = fingerprint(ROOT, inputs, *project.values())
    trained = MADE / "models" / f"{name}.tar.gz"
    if not trained.exists():
        MADE.mkdir(parents=True, exist_ok=True)
        for kind, content in project.items():
            (MADE / f"{kind}.yml").write_text(content, encoding="utf-8")
        _train(name, say)
    return trained


def _project() -> dict[str, str]:
    """Rasa's files of the starter, but for the training data, which is ours as it stands."""
    names = starter.intents((ROOT / EXAMPLES).read_text(encoding="utf-8"))
    texts = starter.responses(_responses())
    return {
        "domain": starter.domain(names, texts),
        "rules": starter.rules(names),
        "stories": starter.stories(names),
    }


def _responses() -> str:
    files = sorted((ROOT / "data" / "responses").glob("*.yml"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _train(name: str, say: Say) -> None:
    say("Training stock Rasa on our data, once; this takes minutes")
    files = [str(MADE / "rules.yml"), str(MADE / "stories.yml")]
    command = [
        str(RASA), "train", "--config", str(HERE / "config.yml"),
        "--domain", str(MADE / "domain.yml"), "--data", *files,
        "--out", str(MADE / "models"), "--fixed-model-name", name,
    ]  # fmt: skip
    environment = {**QUIET, "RASA_CACHE_DIRECTORY": str(MADE / "cache")}
    training = Part("training", command, environment, VAR / "log" / "stock-training.log")
    began = time.monotonic()
    processes.start(training)
    try:
        while training.ended() is None:
            _wait(training)
            spent = time.monotonic() - began
            if spent > LONGEST_TRAINING_SECONDS:
                raise BenchFailed(f"training stock Rasa took too long ({training.log})")
            say(f"  {spent:.0f} s: {_progress(training.log)}")
    finally:
        processes.stop(training)
    if training.ended():
        raise BenchFailed(f"training stock Rasa failed: {last_line(training.log)} ({training.log})")


def _wait(training: Part) -> None:
    assert training.process is not None
    try:
        training.process.wait(HEARTBEAT_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _progress(log: Path) -> str:
    return last_line(log).rpartition("\r")[2].strip()[-100:]


@contextmanager
def running(trained: Path, tracker_url: str) -> Iterator[str]:
    """Stock on a free port with a tracker store of its own; gives its address."""
    create_database(tracker_url)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        str(RASA), "run", "--enable-api", "--interface", "127.0.0.1", "--port", str(port),
        "--model", str(trained), "--endpoints", str(HERE / "endpoints.yml"),
        "--credentials", str(HERE / "credentials.yml"),
    ]  # fmt: skip
    environment = {**QUIET, "STOCK_TRACKER_URL": tracker_url}
    part = Part("stock", command, environment, VAR / "log" / "stock.log", f"{url}/version")
    try:
        processes.start(part)
        processes.wait_until_ready(part)
        yield url
    finally:
        processes.stop(part)
