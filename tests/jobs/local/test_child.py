from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jobs.local.child import Child, Program, wait_until
from jobs.local.home import CHECKOUT, Home, LocalError
from jobs.local.records import read_records, start_mark

DEAF = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
)
WITH_GRANDCHILD = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
    "print(p.pid, flush=True); p.wait()"
)


def python(code: str, *, name: str = "child", seconds: float = 5.0) -> Program:
    return Program(name=name, command=[sys.executable, "-c", code], stop_seconds=seconds)


def printed(child: Child) -> str:
    assert wait_until(lambda: child.last_lines() != "", seconds=10)
    return child.last_lines()


def test_a_child_is_recorded_while_it_runs_and_not_longer(home: Home) -> None:
    child = Child(program=python("input()"), home=home)
    assert child.wait(seconds=10)
    assert child.exit_code() == 1
    assert "EOFError" in child.last_lines()
    assert list(read_records(home.run)) == []


def test_a_child_that_does_not_stop_when_asked_is_killed(home: Home) -> None:
    child = Child(program=python(DEAF, seconds=0.1), home=home)
    printed(child)
    assert [record.pid for _, record in read_records(home.run)] == [child.pid]
    child.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_the_end_of_a_child_ends_its_whole_group(home: Home) -> None:
    child = Child(program=python(WITH_GRANDCHILD), home=home)
    grandchild = int(printed(child))
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(seconds=5)
    assert wait_until(lambda: start_mark(grandchild) == "", seconds=5)


def test_a_program_that_does_not_exist_is_one_clear_sentence(home: Home) -> None:
    with pytest.raises(LocalError, match="web could not be started"):
        Child(program=Program(name="web", command=["/nowhere/at-all"]), home=home)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's signal is Linux's")
def test_a_child_dies_when_its_parent_is_killed(home: Home) -> None:
    script = f"""
        import os, signal
        from pathlib import Path
        from jobs.local.child import Child, Program
        from jobs.local.home import Home
        home = Home(Path({str(home.root)!r}))
        child = Child(program=Program(name="c", command=["sleep", "600"]), home=home)
        print(child.pid, flush=True)
        signal.pause()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert start_mark(pid) != ""
    parent.kill()
    parent.communicate()
    assert wait_until(lambda: start_mark(pid) == "", seconds=5)


def test_logs_of_two_runs_follow_each_other(home: Home) -> None:
    for text in ("first", "second"):
        child = Child(program=python(f"print({text!r})"), home=home)
        assert child.wait(seconds=10)
    assert Path(home.logs / "child.log").read_text().split() == ["first", "second"]
