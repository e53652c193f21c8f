"""An engine as a family of processes: marked, more killable than others, and gone with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytest_django import Settings

from jobs.engine.family import MARK, SUPERVISOR, end_leftover, is_orphaned, marked, this_process
from jobs.engine.process import Engine
from tests.jobs.conftest import WaitFor

SLEEPER = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
FORGETFUL = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], start_new_session=True, env={{}})
open("child", "w").write(str(child.pid))
{SLEEPER}
"""
Begin = Callable[[str], Engine]


@pytest.fixture
def begin(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Starts an engine that runs a piece of code in the folder of the test."""
    started: list[Engine] = []
    settings.BASE_DIR = tmp_path

    def start(code: str) -> Engine:
        settings.ENGINE_COMMAND = [sys.executable, "-c", code]
        started.append(Engine([str(tmp_path)], folder=tmp_path))
        return started[-1]

    yield start
    for engine in started:
        engine.kill()


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def up(folder: Path) -> bool:
    return "up" in (folder / "engine.log").read_text()


def test_the_kernel_ends_an_engine_before_its_worker(begin: Begin, tmp_path: Path, wait_for: WaitFor) -> None:
    engine = begin(SLEEPER)
    wait_for(lambda: up(tmp_path))
    own = int(Path("/proc/self/oom_score_adj").read_text())
    assert int(Path(f"/proc/{engine.pid}/oom_score_adj").read_text()) == min(1000, max(0, own) + 500)


def test_an_engine_that_does_not_end_even_killed_is_not_waited_for_for_ever(
    begin: Begin, tmp_path: Path, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = begin(SLEEPER)
    wait_for(lambda: up(tmp_path))
    with monkeypatch.context() as stuck:
        stuck.setattr(Engine, "_has_ended", lambda _: False)
        stuck.setattr("jobs.engine.process.LONGEST_DYING_SECONDS", 0.2)
        engine.kill()
        assert engine.exit_code() == -9


def test_what_an_engine_starts_carries_its_mark(begin: Begin, tmp_path: Path, wait_for: WaitFor) -> None:
    engine = begin(SLEEPER)
    wait_for(lambda: up(tmp_path))
    assert psutil.Process(engine.pid).environ()[MARK] == str(tmp_path)
    assert psutil.Process(engine.pid).environ()[SUPERVISOR] == this_process()
    assert not is_orphaned(psutil.Process(engine.pid))
    assert [process.pid for process in marked(tmp_path)] == [engine.pid]
    assert [process.pid for process in marked(tmp_path.parent)] == [engine.pid]
    assert marked(tmp_path / "below") == []


def test_a_child_without_the_mark_in_a_session_of_its_own_goes_too(
    begin: Begin, tmp_path: Path, wait_for: WaitFor
) -> None:
    engine = begin(FORGETFUL)
    wait_for(lambda: up(tmp_path))
    child = int((tmp_path / "child").read_text())
    assert runs(child)
    engine.kill()
    assert not runs(engine.pid)
    assert not runs(child)


def test_a_frozen_engine_is_killed_all_the_same(begin: Begin, tmp_path: Path, wait_for: WaitFor) -> None:
    engine = begin(SLEEPER)
    wait_for(lambda: up(tmp_path))
    os.kill(engine.pid, signal.SIGSTOP)
    engine.kill()
    assert engine.exit_code() == -signal.SIGKILL


def test_what_a_killed_supervisor_left_behind_is_ended_by_its_mark(tmp_path: Path, wait_for: WaitFor) -> None:
    environment = {**os.environ, MARK: str(tmp_path / "attempt-1")}
    left = subprocess.Popen(
        [sys.executable, "-c", SLEEPER], env=environment, start_new_session=True, stdout=subprocess.PIPE
    )
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE)
    try:
        wait_for(lambda: bool(marked(tmp_path)))
        end_leftover(pid=stranger.pid, folder=tmp_path)
        assert left.wait(10) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        for process in (left, stranger):
            process.kill()
            process.communicate()
