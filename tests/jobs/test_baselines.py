"""Named jobs of a project, which stay as long as they are named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Baseline, Dataset, Job, Project, State, User
from jobs.operations import removal
from jobs.operations.baselines import remove_baseline, set_baseline
from jobs.operations.errors import UnableToChange, UnableToDelete, UnableToSetBaseline
from jobs.operations.lifecycle import delete_job
from jobs.operations.projects import change_project
from jobs.operations.retention import expire_jobs
from jobs.queries.baselines import baseline_names, list_baselines

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(make_job: Any) -> Job:
    job: Job = make_job(state=State.SUCCEEDED, finished_at=timezone.now() - timedelta(days=9))
    return job


def test_a_name_moves_from_job_to_job(done: Job, make_job: Any, project: Project, user: User) -> None:
    other = make_job(state=State.SUCCEEDED)
    for job in (done, done, other):
        assert set_baseline(project=project, user=user, name="main", job_id=job.pk).job_id == job.pk
    set_baseline(project=project, user=user, name="best", job_id=other.pk)
    assert [(row.name, row.job_id, row.set_by) for row in list_baselines(project)] == [
        ("best", other.pk, user),
        ("main", other.pk, user),
    ]
    assert (baseline_names(done), baseline_names(other)) == ([], ["best", "main"])
    for _ in range(2):
        remove_baseline(project=project, user=user, name="best")
    assert baseline_names(other) == ["main"]


def test_only_a_job_of_the_project_that_succeeded_can_be_one(
    done: Job, make_job: Any, project: Project, user: User
) -> None:
    waiting = make_job()
    deleted = make_job(state=State.SUCCEEDED, deleted_at=timezone.now())
    elsewhere = Project.objects.create(name="Other", slug="other")
    cases: list[tuple[Project, str, int, str, str]] = [
        (
            project,
            "main",
            waiting.pk,
            "job",
            f"given {waiting.pk}, which is queued; accepted is a job that succeeded.",
        ),
        (project, "main", deleted.pk, "job", f"given {deleted.pk}, accepted is a job of this project."),
        (project, "main", 2**80, "job", f"given {2**80}, accepted is a job of this project."),
        (elsewhere, "main", done.pk, "job", f"given {done.pk}, accepted is a job of this project."),
        (project, "a/b", done.pk, "name", "given 'a/b', accepted are 1 to 80 letters"),
    ]
    for where, name, job_id, field, sentence in cases:
        with pytest.raises(UnableToSetBaseline) as refusal:
            set_baseline(project=where, user=user, name=name, job_id=job_id)
        assert refusal.value.fields[field].startswith(sentence)
    assert not Baseline.objects.exists()


def test_a_baseline_is_not_deleted_by_hand_by_age_or_with_its_dataset(
    done: Job, make_job: Any, project: Project, user: User, dataset: Dataset
) -> None:
    old = make_job(state=State.SUCCEEDED, finished_at=done.finished_at)
    change_project(project=project, user=user, keep_days=1)
    set_baseline(project=project, user=user, name="main", job_id=done.pk)
    with pytest.raises(UnableToDelete, match=f"Job {done.pk} is baseline 'main' of its project"):
        delete_job(job=done, user=user)
    assert expire_jobs() == 1
    with pytest.raises(UnableToDelete, match="is needed by a baseline"):
        removal.delete(dataset, with_dependents=True)
    assert list(Job.objects.filter(deleted_at=None)) == [done]
    remove_baseline(project=project, user=user, name="main")
    delete_job(job=done, user=user)
    assert Job.objects.filter(deleted_at__isnull=False).count() == len((old, done))


def test_a_policy_is_kept_in_its_plain_spelling_or_refused_by_place(project: Project, user: User) -> None:
    change_project(project=project, user=user, gates=["miou  >= 0.4", "miou >= 0.4", "val/miou > 0"])
    assert project.gates == ["miou >= 0.4", "val/miou > 0"]
    with pytest.raises(UnableToChange) as refusal:
        change_project(project=project, user=user, gates=["miou > 0", "miou"])
    assert list(refusal.value.fields) == ["gates.1"]
    with pytest.raises(UnableToChange, match="accepted are 50 at most"):
        change_project(project=project, user=user, gates=["miou > 0"] * 51)
    assert change_project(project=project, user=user, gates=[]).gates == []
