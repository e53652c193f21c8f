from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from jobs.local.records import Record, read_records, record_of, start_mark, write_record


def test_a_record_of_a_living_process_is_alive_and_comes_back_from_disk(folder: Path) -> None:
    write_record(folder=folder, record=record_of(name="me", pid=os.getpid()))
    [(path, record)] = read_records(folder)
    assert record.is_alive
    assert path.name == "me.process.json"


def test_a_record_whose_number_went_to_another_process_is_dead() -> None:
    assert not Record(name="old", pid=os.getpid(), mark="an earlier start").is_alive
    assert not Record(name="old", pid=os.getpid(), mark="").is_alive


def test_a_record_of_an_ended_process_is_dead_even_before_it_is_reaped() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record = record_of(name="short", pid=process.pid)
    before = record.is_alive
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert (before, record.is_alive) == (True, False)
    process.communicate()
    assert start_mark(process.pid) == ""


def test_an_unreadable_record_is_removed(folder: Path) -> None:
    (folder / "bad.process.json").write_text('{"name": "ba')
    assert list(read_records(folder)) == []
    assert list(folder.iterdir()) == []
