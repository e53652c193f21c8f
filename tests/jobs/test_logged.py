"""Lines of logs: readable by default, JSON on request, with the job that they are about."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading

import pytest
from pytest_django import Settings

from jobs.logged import JsonLines, about, carried


@pytest.fixture
def log() -> tuple[logging.Logger, list[str]]:
    lines: list[str] = []
    form = JsonLines()

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(form.format(record))

    logger = logging.Logger("tests.lines")
    logger.addHandler(Kept())
    return logger, lines


def test_a_line_is_one_object_with_all_that_is_known(
    log: tuple[logging.Logger, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTKD_WORKER", "north")
    logger, lines = log
    with about(job=7, attempt=2):
        logger.warning("%s\nis late", "It")
    logger.info("again")
    first, second = (json.loads(line) for line in lines)
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "warning",
        "logger": "tests.lines",
        "message": "It\nis late",
        "process": "tests",
        "pid": os.getpid(),
        "worker": f"{socket.gethostname()}/north",
        "job": 7,
        "attempt": 2,
    }
    assert "job" not in second
    assert all("\n" not in line for line in lines)


def test_a_traceback_is_part_of_the_object(log: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = log
    try:
        raise ValueError("wrong")
    except ValueError:
        logger.exception("It broke.")
    found = json.loads(lines[0])
    assert found["message"] == "It broke."
    assert found["exception"].splitlines()[-1] == "ValueError: wrong"


def test_a_thread_carries_what_its_lines_are_about(log: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = log
    with about(job=7):
        threads = [
            threading.Thread(target=target)
            for target in (carried(lambda: logger.info("with")), lambda: logger.info("without"))
        ]
    for thread in threads:
        thread.start()
        thread.join()
    assert [json.loads(line).get("job") for line in lines] == [7, None]


@pytest.mark.parametrize("form", ["", "json", "xml"])
def test_the_environment_chooses_the_form(form: str, settings: Settings) -> None:
    script = "import django, logging; django.setup(); logging.getLogger('a').warning('1')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "MTKD_LOG": form},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if form == "xml":
        assert "MTKD_LOG is 'xml', accepted are line and json." in done.stderr
    elif form:
        assert json.loads(done.stderr)["message"] == "1"
    else:
        assert done.stderr.rstrip().endswith("WARNING a: 1")
