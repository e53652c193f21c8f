from __future__ import annotations

import io
from pathlib import Path

import pytest

from jobs.local import logs
from jobs.local.logs import Console, LogTail


def test_only_new_and_whole_lines_are_shown(folder: Path) -> None:
    log = folder / "web.log"
    log.write_text("old\n")
    tail = LogTail(log)
    with log.open("a") as file:
        file.write("one\ntwo\nthr")
    assert tail.new_lines() == ["one", "two"]
    with log.open("a") as file:
        file.write("ee\n")
    assert tail.new_lines() == ["three"]
    assert tail.new_lines() == []


def test_a_log_that_appears_later_is_shown_from_its_start(folder: Path) -> None:
    tail = LogTail(folder / "late.log")
    assert tail.new_lines() == []
    (folder / "late.log").write_text("hello\n")
    assert tail.new_lines() == ["hello"]


def test_a_log_grown_too_large_is_turned_over_and_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST_LOG_BYTES", 10)
    log = folder / "web.log"
    tail = LogTail(log)
    with log.open("a") as writer:
        writer.write("0123456789\n")
        writer.flush()
        assert tail.new_lines() == ["0123456789"]
        assert log.stat().st_size == 0
        writer.write("next\n")
        writer.flush()
        assert tail.new_lines() == ["next"]
    assert (folder / "web.log.1").read_text() == "0123456789\n"


def test_every_line_says_which_process_it_is_from() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.line("web", "hello")
    console.line("worker-1", "there")
    assert stream.getvalue() == "web      | hello\nworker-1 | there\n"


def test_a_terminal_gets_colours() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    Console(stream).line("worker-1", "hello")
    assert "\x1b[33m" in stream.getvalue()
