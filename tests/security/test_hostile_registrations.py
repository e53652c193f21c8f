"""What no one should hand in is refused or repaired with a sentence, within limits of memory and time."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.hostile import CASES, Case
from tests.security.loaded import Loaded, limit

MOST_BYTES = 1_500 << 20
MOST_SECONDS = 60
FIRST = {(case.kind, case.outcome): case for case in reversed(CASES)}
"""One case of each kind and outcome is checked by the whole command, as a worker starts it."""


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    """What the other cases are checked by: a process each too, but one that has nothing to load."""
    with Loaded() as process:
        yield process


def check(case: Case, folder: Path, loaded: Loaded) -> tuple[int, str, str, int]:
    """This will run the engine's check under limits that a healthy check stays far below.

    Returns its exit code, its outputs, and the most bytes of memory that it took.
    """
    given = case.make(folder)
    arguments = ["check", case.kind, str(given), "--seal", str(folder / "sealed")]
    if case.kind == "dataset":
        arguments += ["--work", str(folder / "work")]
    if case not in FIRST.values():
        return loaded.engine(arguments, folder=folder, seconds=MOST_SECONDS)
    done = subprocess.run(
        [sys.executable, "-m", "mtkd_engine", *arguments],
        capture_output=True,
        text=True,
        preexec_fn=lambda: limit(MOST_SECONDS),
        check=False,
    )
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # of all children so far
    return done.returncode, done.stdout, done.stderr, largest


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_it_is_refused_or_repairable_in_one_sentence(case: Case, tmp_path: Path, loaded: Loaded) -> None:
    began = time.monotonic()
    code, out, err, largest = check(case, tmp_path, loaded)
    outside = tmp_path.parent / "outside.json"
    assert not outside.exists()
    assert "a pickle was loaded" not in out + err
    assert not (tmp_path / "sealed").exists()
    if case.outcome == "refused":
        said = err.strip().splitlines()
        assert code == 2, err[-500:]
        assert len(said) == 1
        assert case.words in said[0]
        assert len(said[0]) < 600
    else:
        assert code == 0, err[-500:]
        report = json.loads(out)
        assert not report["sealed"]
        assert case.words in {repair["name"] for repair in report["repairs"]}
    assert largest < MOST_BYTES
    assert time.monotonic() - began < 10 * MOST_SECONDS  # only to tell a hang from a slow machine


def test_every_class_has_three_variants() -> None:
    counts: dict[str, int] = {}
    for case in CASES:
        counts[case.name] = counts.get(case.name, 0) + 1
    assert len(counts) >= 12
    assert min(counts.values()) >= 3
