"""What an administrator sets about a project."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Project, State, User
from jobs.operations import projects
from jobs.operations.claims import claim
from jobs.operations.errors import UnableToChange
from jobs.operations.projects import change_project

pytestmark = pytest.mark.django_db


def test_what_is_not_given_stays(project: Project, user: User) -> None:
    changed = change_project(project=project, user=user, job_limit=2)
    assert (changed.job_limit, changed.keep_days) == (2, None)
    changed = change_project(project=project, user=user, keep_days=30)
    assert (changed.job_limit, changed.keep_days) == (2, 30)
    changed = change_project(project=project, user=user, job_limit=None)
    assert (changed.job_limit, changed.keep_days) == (None, 30)


@pytest.mark.parametrize("value", [-1, 1001, True, 1.5, "2"])
def test_a_limit_that_cannot_be_is_refused(project: Project, user: User, value: Any) -> None:
    with pytest.raises(UnableToChange) as refusal:
        change_project(project=project, user=user, job_limit=value, keep_days=0)
    assert set(refusal.value.fields) == {"job_limit", "keep_days"}
    assert f"given {value!r}, accepted is a whole number from 0 to 1000" in refusal.value.message
    project.refresh_from_db()
    assert project.job_limit is None


def test_a_raised_limit_wakes_the_queues_in_which_the_project_waits(
    make_job: Any,
    project: Project,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(projects, "ring", rung.append)
    change_project(project=project, user=user, job_limit=0)
    make_job(), make_job(), make_job(queue="gpu"), make_job(queue="odd", state=State.PAUSED)
    assert claim(queue="cpu", worker="w", threads=1, device="cpu") is None
    with django_capture_on_commit_callbacks(execute=True):
        change_project(project=project, user=user, job_limit=1)
    assert sorted(rung) == ["cpu", "gpu"]
    assert claim(queue="cpu", worker="w", threads=1, device="cpu") is not None
    assert claim(queue="gpu", worker="w", threads=1, device="cpu") is None
