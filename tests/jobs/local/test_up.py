from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jobs.local import leftovers
from jobs.local.child import wait_until
from jobs.local.home import CHECKOUT, Home
from jobs.local.lock import is_locked, read_note
from jobs.local.records import read_records
from jobs.local.stopping import erase, stop_tree

pytestmark = pytest.mark.slow

STAGED_UP = Path(__file__).with_name("staged_up.py")


class Up:
    """A running `up` and what it has printed so far."""

    def __init__(self, home: Home, *arguments: str, **environment: str) -> None:
        without = {"DATABASE_URL", "BROKER_URL", "MTKD_PORT", "MTKD_HOST"}
        given = {key: value for key, value in os.environ.items() if key not in without}
        self.process = subprocess.Popen(
            [sys.executable, str(STAGED_UP), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=CHECKOUT,
            env={**given, "PYTHONPATH": str(CHECKOUT), "MTKD_HOME": str(home.root), **environment},
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def said(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in list(self.lines))

    def wait_for(self, pattern: str) -> None:
        assert wait_until(lambda: self.said(pattern), seconds=30), "\n".join(self.lines)

    def end(self) -> int:
        code = self.process.wait(timeout=30)
        self._reader.join(timeout=10)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())


Start = Callable[..., Up]


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    started: list[Up] = []

    def start_up(*arguments: str, home: Home = home, **environment: str) -> Up:
        started.append(Up(home, *arguments, **environment))
        return started[-1]

    yield start_up
    for up in started:
        up.process.kill()
        up.end()
        if up.process.stdout is not None:
            up.process.stdout.close()


def pids(home: Home) -> dict[str, int]:
    return {record.name: record.pid for _, record in read_records(home.run) if record.is_alive}


def all_ended(numbers: dict[str, int]) -> bool:
    def ended(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return all(ended(pid) for pid in numbers.values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_with_the_worker_first(start: Start, home: Home, number: int) -> None:
    up = start()
    up.wait_for("Ctrl-C stops everything")
    up.wait_for(r"worker-1 *\| waiting")
    up.wait_for(r"intake *\| waiting")
    children = pids(home)
    assert set(children) == {"database", "broker", "web", "intake", "worker-1"}
    up.process.send_signal(number)
    assert up.end() == 0
    assert all_ended(children)
    text = "\n".join(up.lines)
    assert text.index("job handed back") < text.index("database system is shut down")
    assert up.lines[-1].endswith("Stopped.")
    assert not is_locked(home)
    assert read_note(home) is None


def test_url_and_login_come_at_the_end_of_the_start_and_it_starts_twice_in_a_row(start: Start) -> None:
    for _ in range(2):
        up = start()
        up.wait_for("Ctrl-C stops everything")
        ready = next(
            n for n, line in enumerate(up.lines) if re.search(r"Ready: http://127.0.0.1:80\d\d/", line)
        )
        assert up.lines[ready + 1].endswith("Log in as admin.")
        up.process.terminate()
        assert up.end() == 0


def test_a_second_up_says_where_the_first_one_is(start: Start, home: Home) -> None:
    first = start()
    first.wait_for("Ctrl-C stops everything")
    note = read_note(home)
    assert note is not None
    second = start()
    assert second.end() == 1
    assert second.lines == [f"mtkd is already running at {note.url} in {home.root}."]
    assert first.process.poll() is None


def test_down_stops_a_running_up(start: Start, home: Home) -> None:
    up = start()
    up.wait_for("Ctrl-C stops everything")
    children = pids(home)
    assert stop_tree(home) == ["up"]
    assert up.end() == 0
    assert all_ended(children)
    assert stop_tree(home) == []


def test_down_ends_what_a_killed_up_left_behind(
    start: Start, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "LEFTOVER_SECONDS", 0.5)
    up = start("--deaf")
    up.wait_for(r"worker-1 *\| deaf")
    children = pids(home)
    up.process.kill()
    up.end()
    assert "worker-1" in stop_tree(home)
    assert wait_until(lambda: all_ended(children), seconds=10)
    assert list(read_records(home.run)) == []


def test_up_starts_again_after_it_was_killed(start: Start, home: Home) -> None:
    first = start("--deaf")
    first.wait_for(r"worker-1 *\| deaf")
    children = pids(home)
    first.process.kill()
    first.end()
    second = start()
    second.wait_for("Ctrl-C stops everything")
    assert second.said("Ended worker-1, which an earlier run had left behind")
    assert all_ended(children)


def test_a_second_signal_stops_at_once(start: Start, home: Home) -> None:
    up = start("--deaf")
    up.wait_for(r"worker-1 *\| deaf")
    children = pids(home)
    up.process.send_signal(signal.SIGINT)
    up.wait_for("Stopping;")
    up.process.send_signal(signal.SIGINT)
    up.end()
    assert not up.said("did not stop in time")
    assert all_ended(children)


def test_a_database_that_is_killed_comes_back_under_a_running_up(start: Start, home: Home) -> None:
    up = start()
    up.wait_for("Ctrl-C stops everything")
    before = pids(home)
    os.kill(before["database"], signal.SIGKILL)
    up.wait_for("database was killed by SIGKILL: starting it again")
    up.wait_for("database runs again")
    after = pids(home)
    assert after["database"] != before["database"]
    assert {**after, "database": 0} == {**before, "database": 0}


def test_a_given_port_that_is_taken_is_refused_with_a_sentence_and_nothing_stays(
    start: Start, home: Home
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = start(MTKD_PORT=str(port))
        assert up.end() == 1
    assert up.lines[-1] == f"Port {port} of 127.0.0.1, which MTKD_PORT names, is in use by another program."
    assert pids(home) == {}


def test_two_homes_run_next_to_each_other_on_ports_of_their_own(
    start: Start, home: Home, closed_home: Home
) -> None:
    one, two = start(), start(home=closed_home)
    one.wait_for("Ctrl-C stops everything")
    two.wait_for("Ctrl-C stops everything")
    notes = [read_note(home), read_note(closed_home)]
    assert len({note.url for note in notes if note is not None}) == 2


def test_erasing_leaves_only_the_datasets(start: Start, home: Home) -> None:
    up = start()
    up.wait_for("Ctrl-C stops everything")
    stop_tree(home)
    up.end()
    erase(home)
    assert [path.name for path in home.root.iterdir()] == ["data"]
