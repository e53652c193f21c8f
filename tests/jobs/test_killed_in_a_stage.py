"""A worker that is killed inside a stage of a staged job: another one ends it with the bits of an undisturbed twin."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_django import Settings

from jobs.attempt.recorder import JOURNAL
from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.models import Attempt, Event, Job, Project, State, User
from jobs.operations.jobs import submit
from jobs.operations.registrations import register
from mtkd_engine.data.clips.world import CLASSES, ClipsPerSplit, make_clips
from mtkd_engine.events import Checkpointed
from mtkd_engine.journal import read
from mtkd_engine.spec import parse
from tests.jobs.attempt.outcome import curve, resumed_from, student
from tests.jobs.conftest import WaitFor
from tests.jobs.registering import taken_in
from tests.kept_teachers import keep_teacher

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Start = Callable[[int], Child]
TEACHERS = {"wide": 32, "narrow": 24}
READS = {"kind": "features", "width": 32, "frames": 6}
STAGED: dict[str, Any] = {
    "task": "classification",
    "data": {"kind": "features", "dataset": "moves", "rows": 6, "labels": {"share": 0.4}},
    "teachers": list(TEACHERS),
    "method": {"kind": "staged", "aggregator": {"kind": "entropy"}},
    "student": {"net": {"family": "sequence", "stages": 2, "width": 16}, "input": READS},
    "optim": {"epochs": 24, "batch_size": 6},
    "recording": {"log_every": 5, "checkpoint_every": 10},
}
STEPS_AN_EPOCH = 10
SECOND_STAGE = range(6 * STEPS_AN_EPOCH + 1, 12 * STEPS_AN_EPOCH)
"""Steps after the first and before the last of the second substage, which has a quarter of all epochs."""


@pytest.fixture
def start(process_environment: dict[str, str], settings: Settings) -> Iterator[Start]:
    """Starts a worker of this test's home, whose engine is the real one."""
    settings.ENGINE_COMMAND = [sys.executable, "-m", "mtkd_engine"]
    home = Home(Path(settings.MTKD_HOME))
    home.make()
    environment = {**process_environment, "MTKD_HOME": str(home.root), "MTKD_THREADS": "1"}
    with ExitStack() as stack:

        def begin(number: int) -> Child:
            child = Child(program=programs.worker(number=number, environment=environment), home=home)
            stack.callback(child.kill)
            return child

        yield begin


@pytest.fixture
def sources(start: Start, project: Project, user: User, tmp_path: Path) -> None:
    """Features of clips, and two classifiers that know as little as they began with."""
    make_clips(
        tmp_path / "data" / "moves",
        clips=ClipsPerSplit(train=6 * STEPS_AN_EPOCH, val=6, test=6),
        frames=6,
        form="features",
    )
    place = str(tmp_path / "data" / "moves")
    taken_in(register(project=project, user=user, kind="dataset", name="moves", path=place))
    for seed, (name, width) in enumerate(TEACHERS.items()):
        made = {"net": {"family": "sequence", "stages": 2, "width": width}, "input": READS}
        keep_teacher(project, name, made, classes=CLASSES, folder=tmp_path, seed=seed)


def kill(worker: Child) -> None:
    """This will end a worker as kill -9 does, with all that it forked; its engine finds itself alone."""
    main = psutil.Process(worker.pid)
    for one in (main, *main.children()):
        one.send_signal(signal.SIGKILL)
    worker.kill()


def saved(job: Job) -> list[int]:
    """The steps whose checkpoint the first attempt has told of: one that it is about to tell of does not count."""
    attempt = Attempt.objects.filter(job=job).first()
    journal = None if attempt is None else Path(attempt.folder) / JOURNAL
    if journal is None or not journal.is_file():
        return []
    return [line.event.step for line in read(journal) if isinstance(line.event, Checkpointed)]


@pytest.mark.usefixtures("sources")
def test_a_worker_that_is_killed_in_a_stage_changes_no_bit(
    start: Start, project: Project, user: User, wait_for: WaitFor
) -> None:
    first = start(1)
    calm = submit(project=project, user=user, spec=parse({**STAGED, "name": "calm"}))
    wait_for(lambda: Job.objects.get(pk=calm.pk).is_final, seconds=400)
    shaken = submit(project=project, user=user, spec=parse({**STAGED, "name": "shaken"}))
    wait_for(lambda: any(step in SECOND_STAGE for step in saved(shaken)), seconds=400)
    kill(first)
    start(2)
    wait_for(lambda: Job.objects.get(pk=shaken.pk).is_final, seconds=400)
    calm.refresh_from_db()
    shaken.refresh_from_db()
    assert (calm.state, shaken.state) == (State.SUCCEEDED, State.SUCCEEDED), (calm.failure, shaken.failure)
    assert [attempt.outcome for attempt in shaken.attempts.all()] == ["lost", "succeeded"]
    assert resumed_from(shaken, 2) in SECOND_STAGE
    assert [event.payload["detail"] for event in entered(shaken, 1)] == ["substage_1", "substage_2"]
    assert student(shaken) == student(calm)
    assert curve(shaken) == curve(calm)
    for part in ("metrics", "baselines", "stages", "pseudo_labels"):
        assert (shaken.result or {})[part] == (calm.result or {})[part], part


def entered(job: Job, attempt: int) -> list[Event]:
    found = Event.objects.filter(job=job, attempt__number=attempt, kind="entered", payload__part="stage")
    return list(found.order_by("seq"))
