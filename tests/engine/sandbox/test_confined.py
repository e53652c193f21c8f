"""What a confined process may not do, tried from inside it; and what it takes, observed from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mtkd_engine.sandbox import Confined, Ended, Limits, run_confined, take_product
from mtkd_engine.sandbox.kernel import is_linux
from mtkd_engine.sandbox.landlock import version

TASKS = Path(__file__).with_name("tasks")
LIMITS = Limits(memory=200_000_000, seconds=20, disk=10_000_000)
ALLOWED = {"its own folder", "a thread", "what is readable"}
linux = pytest.mark.skipif(not is_linux(), reason="only Linux is asked to keep a process from anything")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = tmp_path / "own"
    own.mkdir()
    return own


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def run(task: str, folder: Path, *, limits: Limits = LIMITS, **arguments: Any) -> Ended:
    return run_confined(f"probing:{task}", arguments, folder=folder, limits=limits, search=[TASKS])


@linux
@pytest.mark.skipif(not version(), reason="the kernel knows no Landlock")
def test_it_has_no_network_no_foreign_files_no_processes_and_an_empty_environment(
    tmp_path: Path, folder: Path, port: int
) -> None:
    for name in ("secret", "readable"):
        (tmp_path / name).write_text("x")
    before = sorted((path.name, path.stat().st_mode, path.stat().st_mtime_ns) for path in tmp_path.iterdir())
    before = [row for row in before if row[0] != "own"]
    places = {
        "secret": str(tmp_path / "secret"),
        "outside": str(tmp_path),
        "readable": str(tmp_path / "readable"),
    }
    ended = run_confined(
        "probing:everything",
        {"port": port, **places},
        folder=folder,
        limits=LIMITS,
        readable=[tmp_path / "readable"],
        search=[TASKS],
    )
    tried = dict(ended.answer)
    environment = set(tried.pop("environment").split(","))
    assert {name for name, came in tried.items() if came == "done"} == ALLOWED, ended.log
    assert all(came.startswith("refused: ") for name, came in tried.items() if name not in ALLOWED)
    assert environment <= {
        *("HOME", "TMPDIR", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH"),
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    }
    after = sorted((path.name, path.stat().st_mode, path.stat().st_mtime_ns) for path in tmp_path.iterdir())
    assert [row for row in after if row[0] != "own"] == before
    assert all(ended.held[what] for what in ("network", "files", "processes", "privileges", "memory", "time"))


@linux
def test_the_same_holds_for_a_user_without_privileges(folder: Path, tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from mtkd_engine.sandbox import Limits, run_confined
from mtkd_engine.sandbox.kernel import drop_privileges
assert drop_privileges()
ended = run_confined("probing:leave", {{}}, folder=Path({str(folder)!r}), search=[Path({str(TASKS)!r})],
    limits=Limits(memory=10**8, seconds=9, disk=10**6))
print(ended.answer, sorted(name for name, by in ended.held.items() if by))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("left "), done.stderr
    if version():
        assert "'files'" in done.stdout
    assert all(f"'{what}'" in done.stdout for what in ("network", "processes", "privileges"))


@pytest.mark.parametrize(
    ("task", "limits", "over"),
    [
        ("eat", LIMITS, "memory"),
        ("spin", Limits(memory=10**8, seconds=1, disk=10**6), "time"),
        ("fill", LIMITS, "disk"),
        ("grow", LIMITS, "disk"),
        ("scatter", LIMITS, "disk"),
        ("reserve", LIMITS, "disk"),
    ],
)
def test_what_takes_too_much_is_ended_for_it(folder: Path, task: str, limits: Limits, over: str) -> None:
    ended = run(task, folder, limits=limits)
    assert (ended.over, ended.answer) == (over, None)


def test_one_that_falls_has_answered_nothing(folder: Path) -> None:
    ended = run("fall", folder)
    assert ended.answer is None
    assert ended.over is None
    assert ended.exit_code != 0


def test_its_outputs_are_bounded_and_only_their_end_is_kept(folder: Path) -> None:
    ended = run("babble", folder)
    assert ended.answer == "File too large"
    assert (folder / "log.txt").stat().st_size <= LIMITS.disk
    assert len(ended.log) <= 20_000


@pytest.mark.parametrize(
    "answer",
    [
        '{"over": []}',
        '{"over": "all"}',
        "[" * 10**5,
        '{"held": 7}',
        "[1]",
        "9" * 10**4,
        "",
        '{"a": "' + "x" * 2**23,
    ],
    ids=["no word", "no limit", "nested", "held", "a list", "a number", "nothing", "too long"],
)
def test_an_answer_of_its_own_making_is_no_answer(folder: Path, answer: str) -> None:
    ended = run("mislead", folder, answer=answer)
    assert (ended.answer, ended.over, ended.held) == (None, None, {})


@linux
@pytest.mark.parametrize("layer", ["namespace", "Landlock", "system calls"])
def test_each_layer_holds_alone(layer: str, tmp_path: Path, port: int) -> None:
    (tmp_path / "secret").write_text("x")
    places = [str(TASKS), str(tmp_path), str(port), layer]
    command = [
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, sys.argv[1]); import layers; layers.try_out()",
    ]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=True)
    if done.stdout.strip() == "not here":
        pytest.skip(f"{layer} is not to be had here")
    assert done.stdout.strip() == "refused"


@linux
def test_it_ends_with_the_process_that_started_it(folder: Path) -> None:
    program = f"""
import os, time
from pathlib import Path
from mtkd_engine.sandbox import Confined, Limits
process = Confined("probing:sleep", {{}}, folder=Path({str(folder)!r}), search=[Path({str(TASKS)!r})],
    limits=Limits(memory=10**8, seconds=60, disk=10**6))
print(process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        psutil.wait_procs([child], timeout=20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_leaving_the_with_ends_it(folder: Path) -> None:
    with Confined("probing:sleep", {}, folder=folder, limits=LIMITS, search=[TASKS]) as process:
        pid = process.pid
        assert process.exit_code() is None
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        os.sched_yield()
    assert not psutil.pid_exists(pid)


def test_only_plain_files_are_taken_from_it(tmp_path: Path, folder: Path) -> None:
    ended = run("leave", folder)
    assert ended.answer == "left"
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(tmp_path / "secret")
    os.link(folder / "product", tmp_path / "twice")
    for name in ("link", "folder", "pipe", "product", "absent"):
        with pytest.raises(OSError):
            take_product(folder, name, to=tmp_path / "taken", largest=100)
    (tmp_path / "twice").unlink()
    with pytest.raises(OSError, match="expected size"):
        take_product(folder, "product", to=tmp_path / "taken", largest=3)
    assert take_product(folder, "product", to=tmp_path / "taken", largest=100).read_bytes() == b"made here"
