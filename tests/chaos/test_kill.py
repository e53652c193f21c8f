"""A worker dies in the middle of a job: the job ends as if nothing had happened."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.conf import settings

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.models import Attempt, Dataset, Event, Job, Project, State, User
from jobs.operations.access import create_project
from jobs.operations.jobs import submit
from jobs.operations.registrations import register
from jobs.queries.history import series
from mtkd_engine import events as said
from mtkd_engine.journal import read
from mtkd_engine.spec import dump_yaml, parse
from tests.jobs.registering import taken_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Curves = dict[str, tuple[list[int], list[float]]]
WORDS = ("circle", "square", "star", "moves", "stops", "turns", "left", "red", "blue", "after")
SPEC = {
    "data": {"dataset": "noise"},
    "student": {"net": {"family": "span", "clips": 8, "width": 8, "encoder_layers": 1}},
    "optim": {"epochs": 12, "batch_size": 8},
    "evaluation": {"every_epochs": 3},
    "recording": {"log_every": 1, "checkpoint_every": 7},
}


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of nothing, big enough for 180 steps."""
    folder, draw = tmp_path_factory.mktemp("noise"), np.random.default_rng(3)
    features = {}
    for split, count in (("train", 60), ("val", 10), ("test", 10)):
        videos = {}
        for number in range(count):
            start = draw.uniform(0, 20, size=2)
            videos[f"{split}{number}"] = {
                "duration": 40.0,
                "timestamps": [[float(s), float(s + 10)] for s in start],
                "sentences": [" ".join(draw.choice(WORDS, 5)) for _ in start],
            }
            features[f"{split}{number}"] = draw.normal(size=(12, 8)).astype(np.float32)
        (folder / f"{split}.json").write_text(json.dumps(videos))
    np.savez(folder / "features.npz", **features)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def undisturbed(noise: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Curves, str]:
    """Curves and the sha256 of the student of a run that nothing happened to."""
    out = tmp_path_factory.mktemp("calm")
    (out / "spec.yaml").write_text(dump_yaml(parse(SPEC)))
    (out / "sources.json").write_text(json.dumps({"datasets": {"noise": str(noise)}}))
    command = [sys.executable, "-m", "mtkd_engine", "run", str(out / "spec.yaml"), "--out", str(out / "run")]
    options = ["--sources", str(out / "sources.json"), "--threads", "1"]
    subprocess.run([*command, *options], check=True, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
    curves: Curves = {}
    for line in read(out / "run" / "journal.jsonl"):
        if isinstance(line.event, said.Metrics):
            for name, value in line.event.values.items():
                steps, values = curves.setdefault(name, ([], []))
                steps.append(line.event.step)
                values.append(value)
    student = (out / "run" / "artifacts" / "student.safetensors").read_bytes()
    return curves, hashlib.sha256(student).hexdigest()


@pytest.fixture
def job(noise: Path, undisturbed: object, transactional_db: None) -> Job:
    user = User.objects.create_user(username="ada")
    project = create_project(name="Chaos", user=user)
    root = settings.DATA_ROOTS[0]
    root.mkdir(parents=True, exist_ok=True)
    place = root / f"noise-{os.getpid()}-{time.monotonic_ns()}"
    noise.rename(place)  # a folder that may be registered from
    try:
        asked = register(project=project, user=user, kind="dataset", name="noise", path=str(place))
        taken_in(asked)
    finally:
        place.rename(noise)
    assert Dataset.objects.count() == Project.objects.count() == 1
    return submit(project=project, user=user, spec=parse(SPEC))


@contextmanager
def worker(number: int, environment: dict[str, str]) -> Iterator[Child]:
    named = {**environment, "MTKD_TIME_SCALE": "0.2", "MTKD_THREADS": "1"}
    child = Child(program=programs.worker(number=number, environment=named), home=Home.from_environment())
    try:
        yield child
    finally:
        child.kill()


def wait_for(condition: Callable[[], object], *, seconds: float, child: Child) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, (
            f"it did not happen in time; the worker said:\n{child.last_lines(30)}"
        )
        time.sleep(0.05)


def now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def assert_as_if_nothing_had_happened(job: Job, undisturbed: tuple[Curves, str]) -> None:
    curves, student = undisturbed
    found = {
        name: (curve.steps.tolist(), curve.values.tolist()) for name, curve in series(job_id=job.pk).items()
    }
    assert found.keys() == curves.keys()
    for name, curve in curves.items():
        assert found[name] == curve, f"{name} differs"
    assert job.artifacts.get(name="student.safetensors").sha256 == student
    seqs = list(Event.objects.filter(job=job).values_list("seq", flat=True))
    assert len(seqs) == len(set(seqs))


def engine_is_gone(job: Job) -> bool:
    pid = Attempt.objects.get(job=job, number=1).engine_pid
    assert pid is not None
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("step", [25, 110])
def test_a_job_whose_worker_is_killed_ends_as_if_nothing_had_happened(
    job: Job, undisturbed: tuple[Curves, str], process_environment: dict[str, str], step: int
) -> None:
    with worker(1, process_environment) as first:
        wait_for(lambda: now(job).step >= step, seconds=60, child=first)
        first.kill()
        wait_for(lambda: engine_is_gone(job), seconds=5, child=first)
    assert now(job).state == State.RUNNING
    with worker(2, process_environment) as second:
        wait_for(lambda: now(job).is_final, seconds=90, child=second)
    ended = now(job)
    assert (ended.state, ended.attempts_lost, ended.failure) == (State.SUCCEEDED, 1, "")
    assert [attempt.outcome for attempt in ended.attempts.all()] == ["lost", "succeeded"]
    resumed = Event.objects.get(job=job, attempt__number=2, kind="started").payload["resumed_from_step"]
    assert resumed >= step - 7
    assert_as_if_nothing_had_happened(ended, undisturbed)


def test_a_job_whose_worker_is_asked_to_stop_is_handed_over_and_not_lost(
    job: Job, undisturbed: tuple[Curves, str], process_environment: dict[str, str]
) -> None:
    with worker(1, process_environment) as first:
        wait_for(lambda: now(job).step >= 60, seconds=60, child=first)
        os.kill(first.pid, signal.SIGTERM)
        wait_for(lambda: first.exit_code() is not None, seconds=30, child=first)
    assert now(job).state == State.QUEUED
    with worker(2, process_environment) as second:
        wait_for(lambda: now(job).is_final, seconds=60, child=second)
    ended = now(job)
    assert (ended.state, ended.attempts_lost) == (State.SUCCEEDED, 0)
    assert [attempt.outcome for attempt in ended.attempts.all()] == ["handed_back", "succeeded"]
    assert_as_if_nothing_had_happened(ended, undisturbed)
