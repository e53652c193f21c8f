"""Each planted bug is seen by an invariant, and the same story without it breaks none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest
from django.db import OperationalError
from pytest_django import Settings

from jobs.attempt import publisher
from jobs.models import Dataset, Event, Job, State, User
from jobs.operations import endings, leases
from jobs.operations.claims import FencedOutError
from jobs.operations.jobs import submit
from jobs.operations.metrics import MetricWriter
from jobs.operations.projects import create_project
from jobs.storage.blobs import keep_file
from mtkd_engine.events import Checkpointed, Metrics
from mtkd_engine.spec import parse
from tests.chaos.arena import Arena
from tests.chaos.invariants import broken_rows
from tests.chaos.planted import BUGS, plant
from tests.chaos.proofs import SHOWN_BY
from tests.chaos.story import Story
from tests.engine_double import EngineDouble

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(settings: Settings, tmp_path: Path, transactional_db: None) -> Job:
    settings.MTKD_HOME = tmp_path / "home"
    settings.STORAGE = tmp_path / "home" / "storage"
    settings.METRIC_CHUNK_POINTS = 8
    user = User.objects.create_user(username="ada")
    project = create_project(name="Chaos", user=user)
    Dataset.objects.create(project=project, name="tiny", task="grounding", content_hash="0" * 64)
    return submit(project=project, user=user, spec=parse({"data": {"dataset": "tiny"}}))


@pytest.fixture
def story(job: Job) -> Story:
    return Story(arena=cast(Arena, SimpleNamespace(machines=[])), job_id=job.pk)


def train(double: EngineDouble, *, first: int, last: int) -> None:
    for step in range(first, last + 1):
        double.say(Metrics(step=step, values={"loss/total": 1.0 / step}))


def the_database_goes_away_in_the_middle(story: Story) -> int:
    double = EngineDouble()
    double.start()
    train(double, first=1, last=3)
    double.journal.append(Metrics(step=4, values={"loss/total": 0.25}))
    with mock.patch.object(MetricWriter, "write", side_effect=OperationalError), suppress(OperationalError):
        double.recorder.flush()
    train(double, first=5, last=6)
    double.finish()
    return 0


def a_worker_goes_on_after_its_job_was_given_to_another(story: Story) -> int:
    first = EngineDouble()
    first.start()
    train(first, first=1, last=5)
    endings.lose(claim=first.claim, reason="it fell silent.")
    story.look()
    second = EngineDouble(first_seq=first.journal.next_seq)
    second.start()
    story.look()
    with suppress(FencedOutError):
        endings.lose(claim=first.claim, reason="its engine has left.")
    story.look()
    with suppress(FencedOutError):
        train(second, first=1, last=6)
        second.finish()
    return 1


def a_worker_dies_and_the_lease_is_missing(story: Story) -> int:
    first = EngineDouble()
    first.start()
    Job.objects.filter(pk=story.job_id).update(lease_until=None)
    with mock.patch.object(leases, "database_has_been_up_for_a_lease", return_value=True):
        leases.reap()
    if Job.objects.get(pk=story.job_id).state == State.QUEUED:
        second = EngineDouble(first_seq=first.journal.next_seq)
        second.start()
        second.finish()
    return 1


def there_are_more_points_than_a_chunk_takes(story: Story) -> int:
    double = EngineDouble()
    double.start()
    train(double, first=1, last=30)
    double.finish()
    return 0


def checkpoints_are_published(story: Story) -> int:
    double = EngineDouble()
    double.start()
    for step in (1, 2):
        train(double, first=step, last=step)
        file = double.claim.folder / f"step-{step}"
        file.write_bytes(bytes([step]))
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        double.say(Checkpointed(step=step, path=file.name, sha256=sha256))
        event = Event.objects.get(job_id=story.job_id, kind="checkpointed", step=step)
        publisher.publish_checkpoint(claim=double.claim, event=event, blob=keep_file(file))
        story.look()
    double.finish()
    return 0


STORIES: dict[str, Callable[[Story], int]] = {
    "cursor_early": the_database_goes_away_in_the_middle,
    "fence_ignored": a_worker_goes_on_after_its_job_was_given_to_another,
    "null_lease_skipped": a_worker_dies_and_the_lease_is_missing,
    "sealed_twice": there_are_more_points_than_a_chunk_takes,
    "stale_checkpoint": checkpoints_are_published,
}


@contextmanager
def bug(name: str) -> Iterator[None]:
    undo: Callable[[], Any] = plant(name)
    try:
        yield
    finally:
        undo()


def test_each_bug_has_a_story_and_a_fault_that_shows_it() -> None:
    assert set(BUGS) == set(STORIES) == set(SHOWN_BY)


@pytest.mark.parametrize("name", sorted(BUGS))
def test_without_the_bug_nothing_is_broken(story: Story, name: str) -> None:
    losses = STORIES[name](story)
    assert broken_rows(story, most_losses=losses) == []


@pytest.mark.parametrize("name", sorted(BUGS))
def test_the_bug_is_seen(story: Story, name: str) -> None:
    with bug(name):
        losses = STORIES[name](story)
    sentences, (_, words) = broken_rows(story, most_losses=losses), SHOWN_BY[name]
    assert [text for text in sentences for word in words if word in text], sentences
