"""What the engine takes of its machine is told beside the training, and never changes it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine.distill import Place
from mtkd_engine.events import Failed, Finished, Metrics, Started
from mtkd_engine.journal import Journal, read
from mtkd_engine.runner import REFUSED, SUCCEEDED, run_attempt
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from mtkd_engine.system import PREFIX, VARIABLE, Gauge, SystemWatch
from tests.engine.loop.conftest import SOLO, write_planted

NAMES = {"system/cpu", "system/memory", "system/disk_read", "system/disk_written"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_planted(folder / "planted", videos={"train": 12, "val": 4, "test": 5})
    return folder


def run(base: Path, folder: Path) -> int:
    place = Place(folder=folder, cache=base / "cache")
    return run_attempt(parse(SOLO), sources=Sources(base=base), place=place, resume=None, threads=1)


def test_samples_come_with_the_step_reached_and_change_no_bit(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    assert run(base, tmp_path / "without") == SUCCEEDED
    monkeypatch.setenv(VARIABLE, "0.02")
    assert run(base, tmp_path / "with") == SUCCEEDED
    students = [
        load_file(tmp_path / name / "artifacts" / "student.safetensors") for name in ("with", "without")
    ]
    assert all(torch.equal(students[0][name], students[1][name]) for name in students[1])

    lines = list(read(tmp_path / "with" / "journal.jsonl"))
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert isinstance(lines[0].event, Started)
    assert isinstance(lines[-1].event, Finished)
    samples = [line.event for line in lines if isinstance(line.event, Metrics) and is_of_system(line.event)]
    assert len(samples) >= 3
    assert all(sample.values.keys() == NAMES for sample in samples)
    steps = [sample.step for sample in samples]
    assert steps[0] == 0
    assert steps[-1] == 20
    assert all(one <= other for one, other in pairwise(steps))
    silent = [line.event for line in read(tmp_path / "without" / "journal.jsonl")]
    told = [line.event for line in lines if line.event not in samples]
    assert len(told) == len(silent)


def is_of_system(event: Metrics) -> bool:
    return all(name.startswith(PREFIX) for name in event.values)


def test_a_short_job_has_a_first_and_a_last_sample(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert run(base, tmp_path / "run") == SUCCEEDED
    said = [line.event for line in read(tmp_path / "run" / "journal.jsonl")]
    assert sum(isinstance(event, Metrics) and is_of_system(event) for event in said) >= 2


@pytest.mark.parametrize("given", ["often", "-1", "nan", "inf"])
def test_a_senseless_interval_is_refused_with_a_sentence(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    assert run(base, tmp_path / "run") == REFUSED
    said = list(read(tmp_path / "run" / "journal.jsonl"))[-1].event
    assert isinstance(said, Failed)
    assert f"{VARIABLE}: given '{given}', accepted is a number of seconds" in said.message


def test_the_gauge_counts_cores_memory_and_children() -> None:
    gauge = Gauge("cpu")
    gauge.read()
    read_at = time.monotonic()
    code = "import time\nheld = bytearray(200_000_000)\nprint('up', flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        began = time.process_time()
        while time.process_time() - began < 0.2:
            pass
        busy = gauge.read()
        seconds = time.monotonic() - read_at
        child.kill()
    after = gauge.read()
    assert busy["system/cpu"] * seconds > 0.2  # seconds of a core, however busy the machine is
    assert busy["system/memory"] - after["system/memory"] > 0.15
    assert min(after.values()) >= 0.0


def test_a_watch_that_was_never_started_finishes_all_the_same(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        SystemWatch(journal, seconds=0.0).start()
        SystemWatch(journal, seconds=5.0).finish()
    assert not list(read(tmp_path / "j"))


def test_several_threads_write_one_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        threads = [
            threading.Thread(
                target=lambda name=name: [
                    journal.append(Metrics(step=step, values={name: 1.0})) for step in range(200)
                ]
            )
            for name in ("a", "b", "c")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [line.seq for line in read(tmp_path / "j")] == list(range(1, 601))
