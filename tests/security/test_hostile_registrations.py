"""What no one should hand in is refused or repaired with a sentence, within limits of memory and time."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.security.hostile import CASES, Case

MOST_BYTES = 1_500 << 20
MOST_SECONDS = 60.0


def check(case: Case, folder: Path) -> subprocess.CompletedProcess[str]:
    """This will run the engine's check as a worker would, under limits that a healthy check stays far below."""
    given = case.make(folder)
    command = [sys.executable, "-m", "mtkd_engine", "check", case.kind, str(given)]
    command += ["--seal", str(folder / "sealed"), "--work", str(folder / "work")]
    if case.kind == "teacher":
        command = command[: command.index("--work")]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(MOST_SECONDS), int(MOST_SECONDS)))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_it_is_refused_or_repairable_in_one_sentence(case: Case, tmp_path: Path) -> None:
    began = time.monotonic()
    done = check(case, tmp_path)
    outside = tmp_path.parent / "outside.json"
    assert not outside.exists()
    assert "a pickle was loaded" not in done.stdout + done.stderr
    assert not (tmp_path / "sealed").exists()
    if case.outcome == "refused":
        said = done.stderr.strip().splitlines()
        assert done.returncode == 2, done.stderr[-500:]
        assert len(said) == 1
        assert case.words in said[0]
        assert len(said[0]) < 600
    else:
        assert done.returncode == 0, done.stderr[-500:]
        report = json.loads(done.stdout)
        assert not report["sealed"]
        assert case.words in {repair["name"] for repair in report["repairs"]}
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # of all children so far
    assert largest < MOST_BYTES
    assert time.monotonic() - began < 10 * MOST_SECONDS  # only to tell a hang from a slow machine


def test_every_class_has_three_variants() -> None:
    counts: dict[str, int] = {}
    for case in CASES:
        counts[case.name] = counts.get(case.name, 0) + 1
    assert len(counts) >= 12
    assert min(counts.values()) >= 3
