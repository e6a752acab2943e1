"""Set-up from a fresh clone (O1): finds interpreters, skips what is done, fails in one line."""

import json
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import assets, clean, fetch, interpreters, running
from tools.bootstrap import make_folders, set_up
from tools.place import Place, Step
from tools.running import Failure
from tools.stamps import Stamp, fingerprint

ROOT = Path(__file__).parent.parent


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def fake_python(path: Path, version: str) -> Path:
    return program(path, f"echo {version.replace('.', ' ')} {path}")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine with nothing but two empty folders in PATH."""
    return {"PATH": f"{tmp_path / 'first'}:{tmp_path / 'second'}", "HOME": str(tmp_path / "home")}


@pytest.fixture
def place(tmp_path: Path, environ: dict[str, str]) -> Place:
    place = Place(tmp_path / "project", environ)
    make_folders(place)
    return place


def test_a_shim_that_exits_with_127_is_passed_over(tmp_path: Path, environ: dict[str, str]) -> None:
    program(tmp_path / "first" / "python3.10", "exit 127")
    real = fake_python(tmp_path / "second" / "python3.10", "3.10")
    assert interpreters.find_python(interpreters.RASA, environ) == str(real)


def test_python3_is_taken_only_when_it_is_of_a_wanted_version(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    fake_python(tmp_path / "first" / "python3", "3.14")
    assert interpreters.find_python(interpreters.OURS, environ) is None
    right = fake_python(tmp_path / "second" / "python3", "3.12")
    assert interpreters.find_python(interpreters.OURS, environ) == str(right)


@pytest.mark.parametrize(
    "folder",
    [
        "home/.pyenv/versions/3.10.13/bin",
        "home/.local/share/uv/python/cpython-3.10.20-linux-x86_64-gnu/bin",
    ],
)
def test_interpreters_outside_path_are_found(
    tmp_path: Path, environ: dict[str, str], folder: str
) -> None:
    program(tmp_path / "first" / "python3.10", "exit 127")
    real = fake_python(tmp_path / folder / "python3.10", "3.10")
    assert interpreters.find_python(interpreters.RASA, environ) == str(real)


def test_pyenv_root_comes_before_the_home_folder(tmp_path: Path, environ: dict[str, str]) -> None:
    fake_python(tmp_path / "home/.pyenv/versions/3.11.1/bin/python3.11", "3.11")
    chosen = fake_python(tmp_path / "elsewhere/versions/3.11.9/bin/python3.11", "3.11")
    environ["PYENV_ROOT"] = str(tmp_path / "elsewhere")
    assert interpreters.find_python(interpreters.OURS, environ) == str(chosen)


def test_the_preferred_version_wins_over_the_nearest(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    fake_python(tmp_path / "first" / "python3.13", "3.13")
    preferred = fake_python(tmp_path / "home/.pyenv/versions/3.11.7/bin/python3.11", "3.11")
    assert interpreters.find_python(interpreters.OURS, environ) == str(preferred)


def test_a_tool_that_is_too_old_is_passed_over(tmp_path: Path, environ: dict[str, str]) -> None:
    program(tmp_path / "first" / "uv", "echo uv 0.4.30")
    assert interpreters.find_tool("uv", (0, 8), environ) is None
    newer = program(tmp_path / "second" / "uv", "echo uv 0.13.9")
    assert interpreters.find_tool("uv", (0, 8), environ) == str(newer)


def test_a_missing_interpreter_is_said_in_one_line(tmp_path: Path, place: Place) -> None:
    uv = 'case "$1" in --version) echo uv 0.13.9;; *) echo error: unreachable; exit 2;; esac'
    program(tmp_path / "first" / "uv", uv)
    with pytest.raises(Failure) as failure:
        fetch.python(place, interpreters.RASA)
    assert re.fullmatch(r"Python 3\.10 was not found .*`pyenv install 3\.10`.*", str(failure.value))
    assert "error: unreachable" in place.log("python-3.10").read_text()


def test_an_interpreter_that_uv_downloads_is_used(tmp_path: Path, place: Place) -> None:
    real = tmp_path / "home/.local/share/uv/python/cpython-3.10.20-linux/bin/python3.10"
    made = fake_python(tmp_path / "downloaded", "3.10")
    install = f"/bin/mkdir -p {real.parent}; /bin/mv {made} {real}"
    uv = f'case "$1" in --version) echo uv 0.13.9;; *) {install};; esac'
    program(tmp_path / "first" / "uv", uv)
    assert fetch.python(place, interpreters.RASA) == str(made)
    assert real.exists()


def test_a_fingerprint_follows_content_names_and_words(tmp_path: Path) -> None:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "a.yml").write_text("hallo")
    seen = {fingerprint(tmp_path, ["nlu"]), fingerprint(tmp_path, ["nlu"], "word")}
    (tmp_path / "nlu" / "a.yml").write_text("dag")
    seen.add(fingerprint(tmp_path, ["nlu"]))
    (tmp_path / "nlu" / "a.yml").rename(tmp_path / "nlu" / "b.yml")
    seen.add(fingerprint(tmp_path, ["nlu"]))
    (tmp_path / "nlu" / "c.yml").write_text("")
    seen.add(fingerprint(tmp_path, ["nlu"]))
    assert len(seen) == 5
    assert fingerprint(tmp_path, ["nlu"]) in seen


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"config\.yml is missing"):
        fingerprint(tmp_path, ["config.yml"])


def counting_step(place: Place, made_of: str = "inputs") -> tuple[Step, list[int]]:
    product, runs = place.root / "product", [0]

    def work() -> None:
        runs[0] += 1
        product.touch()

    return Step("step", "working", made_of, [product], work), runs


def test_a_step_runs_again_only_when_inputs_or_products_changed(place: Place) -> None:
    step, runs = counting_step(place)
    step.do(place)
    step.do(place)
    assert runs == [1]
    (place.root / "product").unlink()
    step.do(place)
    assert runs == [2]
    changed, runs = counting_step(place, "other inputs")
    changed.do(place)
    assert runs == [1]


@pytest.mark.parametrize("fault", [Failure("no"), running.Interrupted(), OSError("disk")])
def test_a_step_that_does_not_end_well_leaves_no_stamp(place: Place, fault: Exception) -> None:
    step, _ = counting_step(place)
    step.do(place)

    def work() -> None:
        raise fault

    broken = Step("step", "working", "new inputs", step.products, work)
    with pytest.raises(type(fault)):
        broken.do(place)
    assert not Stamp(place.var / "stamps", "step").path.exists()


def test_a_failing_command_is_told_in_one_line_with_advice_and_log(
    tmp_path: Path, place: Place
) -> None:
    command = program(tmp_path / "loud", "echo start; echo error: no space; echo bye; exit 3")
    with pytest.raises(Failure) as failure:
        place.run("step", [str(command)], advice="free some disk space.")
    log = place.log("step")
    line = f"loud stopped with code 3: error: no space - free some disk space. Log: {log}"
    assert str(failure.value) == line


def test_an_active_python_does_not_leak_into_commands(tmp_path: Path, place: Place) -> None:
    place.environ = {**place.environ, "VIRTUAL_ENV": "x", "PYTHONPATH": "y", "KEPT": "z"}
    command = program(tmp_path / "show", 'echo "[$VIRTUAL_ENV$PYTHONPATH$KEPT$ADDED]"')
    place.run("step", [str(command)], advice="", ADDED="a")
    assert running.last_words(place.log("step")) == "[za]"


def test_long_commands_show_that_they_live(
    tmp_path: Path,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.05)
    command = program(tmp_path / "slow", "echo Downloading half; exec /bin/sleep 0.3")
    place.run("step", [str(command)], advice="")
    assert re.search(r"step: busy for 0 s, Downloading half", capsys.readouterr().out)


def test_stopping_ends_the_command_and_all_it_started(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "interrupted", threading.Event())
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    # The grandchild holds the pipe open for as long as it lives.
    grandchild = f"exec 3>{pipe}; echo up >&3; /bin/sleep 60"
    command = program(tmp_path / "parent", f"/bin/sh -c '{grandchild}'; echo done")
    seen: list[BaseException] = []

    def start() -> None:
        try:
            place.run("step", [str(command)], advice="")
        except running.Interrupted as stop:
            seen.append(stop)

    thread = threading.Thread(target=start)
    thread.start()
    with pipe.open() as reader:
        assert reader.readline() == "up\n"
        running.interrupt()
        assert reader.read() == ""
    thread.join(timeout=20)
    assert len(seen) == 1


def test_after_a_failure_no_new_step_begins_and_every_failure_is_told(place: Place) -> None:
    begun: list[str] = []

    def making(name: str, fault: Exception | None = None) -> Callable[[Place], Step]:
        def work() -> None:
            begun.append(name)
            if fault:
                raise fault

        def make(_: Place) -> Step:
            return Step(name, "working", "inputs", [], work)

        make.__name__ = name
        return make

    chain = (making("first"), making("second", Failure("no disk")), making("third"))
    assert set_up(place, [chain]) == ["second: no disk"]
    assert begun == ["first", "second"]
    (surprise,) = set_up(place, [(making("odd", KeyError("x")),)])
    assert re.fullmatch(r"odd: KeyError: 'x' Log: \S+setup-odd\.log", surprise)
    assert "Traceback" in place.log("odd").read_text()


def test_a_var_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    with pytest.raises(Failure, match=r"var cannot be written .* run again"):
        make_folders(Place(tmp_path, {}))


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("@nl-design-system-unstable/voorbeeld-design-tokens", "voorbeeld"),
        ("@gemeente/design-tokens", "gemeente"),
        ("zuiderdam-design-tokens", "zuiderdam"),
    ],
)
def test_a_theme_is_named_after_its_package(package: str, name: str) -> None:
    assert assets.theme_name(package) == name


def test_locks_name_no_hosts_and_hash_everything() -> None:
    """O1: what is installed is what was locked, from whatever registry the machine uses."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    locked = {name: package for name, package in packages.items() if name}
    assert locked
    assert all("integrity" in package and "resolved" not in package for package in locked.values())
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        pins = re.findall(r"^[a-z0-9][^ ]*==[^\n]* \\\n    --hash=sha256:", text, re.M)
        assert pins
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.M))
        assert "://" not in text


def test_only_a_postgresql_on_its_own_folder_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "var" / "postgres"
    data.mkdir(parents=True)
    commands = {11: "/x/bin/postgres -D data", 12: "vim notes", 13: ""}
    monkeypatch.setattr(clean, "command_of", lambda pid: commands[pid])

    def found(pid: int, folder: Path) -> list[int]:
        (data / "postmaster.pid").write_text(f"{pid}\n{folder}\n1\n5432\n")
        return list(clean.postgres_under(tmp_path / "var"))

    assert found(11, data) == [11]
    assert found(11, tmp_path / "another") == []
    assert found(12, data) == []
    assert found(13, data) == []
