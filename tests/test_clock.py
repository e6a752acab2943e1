"""The time: real, unless the sandbox moves it for every process at once."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.supervisor import ROOT

HOUR = timedelta(hours=1)
A_MOMENT = timedelta(seconds=20)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "clock"
    clock.follow(path)
    yield path
    clock.follow(None)


def shift() -> timedelta:
    return clock.now() - datetime.now(UTC)


def test_without_a_sandbox_it_is_now_in_utc() -> None:
    assert abs(shift()) < A_MOMENT
    assert clock.now().tzinfo is UTC


def test_the_offset_in_the_file_is_followed_and_real_time_stays_real(file: Path) -> None:
    assert abs(shift()) < A_MOMENT  # no file yet
    file.write_text("3600")
    assert abs(shift() - HOUR) < A_MOMENT
    assert abs(clock.real_now() - datetime.now(UTC)) < A_MOMENT
    replacement = file.with_suffix(".new")
    replacement.write_text("7200")
    replacement.replace(file)  # as the sandbox writes it
    assert abs(shift() - 2 * HOUR) < A_MOMENT
    file.unlink()
    assert abs(shift()) < A_MOMENT


def test_an_empty_file_is_no_offset(file: Path) -> None:
    file.write_text("")
    assert abs(shift()) < A_MOMENT


@pytest.mark.parametrize(("sandbox", "moved"), [("true", True), ("false", False), ("", False)])
def test_only_a_sandbox_can_move_the_time(tmp_path: Path, sandbox: str, moved: bool) -> None:
    (tmp_path / "clock").write_text("86400")
    said = subprocess.run(
        [sys.executable, "-c", "from bot import clock; print(clock.now().isoformat())"],
        cwd=ROOT,
        env={"SANDBOX": sandbox, "SANDBOX_CLOCK_FILE": str(tmp_path / "clock")},
        capture_output=True,
        text=True,
        check=True,
    )
    told = datetime.fromisoformat(said.stdout.strip())
    assert (told - datetime.now(UTC) > HOUR) == moved
