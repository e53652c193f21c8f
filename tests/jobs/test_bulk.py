from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Group, Job, Project, State, User
from jobs.operations.bulk import ACTIONS, MOST, act_on_jobs
from jobs.operations.errors import UnableToAct
from jobs.operations.projects import create_project

FITTING = {
    "cancel": (State.QUEUED, State.CANCELLED),
    "pause": (State.QUEUED, State.PAUSED),
    "resume": (State.PAUSED, State.QUEUED),
    "retry": (State.FAILED, State.QUEUED),
}
REFUSED = {
    "cancel": (State.SUCCEEDED, "has ended already (succeeded) and cannot be cancelled"),
    "pause": (State.FAILED, "cannot be paused"),
    "resume": (State.SUCCEEDED, "only a paused job can be resumed"),
    "retry": (State.SUCCEEDED, "only a failed or cancelled job can be retried"),
    "archive": (State.RUNNING, "only a job that has ended can be archived"),
    "delete": (State.RUNNING, "cancel it first"),
}


@pytest.mark.parametrize("action", FITTING)
@pytest.mark.usefixtures("rung")
def test_an_action_is_done_to_each_job(make_job: Any, project: Project, user: User, action: str) -> None:
    before, after = FITTING[action]
    jobs = [make_job(state=before) for _ in range(2)]
    results = act_on_jobs(project=project, user=user, action=action, jobs=[job.pk for job in jobs][::-1])
    assert [(result.job, result.done) for result in results] == [(job.pk, True) for job in jobs]
    assert all(f"Job {result.job} " in result.sentence for result in results)
    assert {Job.objects.get(pk=job.pk).state for job in jobs} == {after}


@pytest.mark.parametrize("action", REFUSED)
@pytest.mark.usefixtures("rung")
def test_a_refusal_is_a_sentence_and_stops_no_other_job(
    make_job: Any, project: Project, user: User, action: str
) -> None:
    state, sentence = REFUSED[action]
    fine = FITTING.get(action, (State.FAILED, None))[0]
    refused, done = make_job(state=state), make_job(state=fine)
    first, second = act_on_jobs(project=project, user=user, action=action, jobs=[done.pk, refused.pk])
    assert (first.job, first.done, sentence in first.sentence) == (refused.pk, False, True)
    assert (second.job, second.done) == (done.pk, True)
    refused.refresh_from_db()
    assert refused.state == state


def test_jobs_are_tagged_untagged_archived_and_deleted(make_job: Any, project: Project, user: User) -> None:
    job = make_job(state=State.FAILED, tags=["old"])

    def act(action: str, *tags: str) -> str:
        (result,) = act_on_jobs(project=project, user=user, action=action, jobs=[job.pk], tags=tags)
        job.refresh_from_db()
        return result.sentence

    assert act("tag", "new", "ci") == f"Job {job.pk} is tagged ci, new."
    assert job.tags == ["ci", "new", "old"]
    act("untag", "old")
    assert job.tags == ["ci", "new"]
    act("archive")
    assert job.archived_at is not None
    act("unarchive")
    assert job.archived_at is None
    act("delete")
    assert job.deleted_at is not None
    assert act("tag", "late") == f"Job {job.pk} is none of this project."


def test_jobs_of_another_project_are_none(make_job: Any, user: User) -> None:
    job = make_job(state=State.FAILED)
    other = create_project(name="Other", user=user)
    (result,) = act_on_jobs(project=other, user=user, action="delete", jobs=[job.pk])
    assert (result.done, result.sentence) == (False, f"Job {job.pk} is none of this project.")
    job.refresh_from_db()
    assert job.deleted_at is None


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"action": "explode"}, "action", f"accepted is one of {', '.join(ACTIONS)}"),
        ({"action": "tag"}, "tags", "given none, but tag needs one"),
        ({"action": "cancel", "tags": ["x"]}, "tags", "given 'x', but cancel takes none"),
        ({"action": "cancel", "jobs": []}, "jobs", "given 0, accepted are 1 to 1,000"),
        ({"action": "cancel", "jobs": range(1, MOST + 2)}, "jobs", "given 1,001"),
    ],
)
def test_what_can_be_done_to_no_job_is_refused_at_its_field(
    project: Project, user: User, given: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(UnableToAct) as refusal:
        act_on_jobs(project=project, user=user, **{"jobs": [1], **given})
    assert sentence in refusal.value.fields[field]


@pytest.mark.usefixtures("rung")
def test_in_a_transaction_all_jobs_then_all_groups_are_locked_before_the_first_ends(
    make_job: Any, project: Project, user: User
) -> None:
    last, first = (Group.objects.create(project=project, name=name, document={}) for name in "ab")
    jobs = [make_job(state=State.QUEUED, group=group).pk for group in (first, last)]
    with CaptureQueriesContext(connection) as asked:
        act_on_jobs(project=project, user=user, action="cancel", jobs=jobs)
    texts = [query["sql"] for query in asked.captured_queries]
    ends = next(at for at, text in enumerate(texts) if text.startswith("UPDATE"))
    of_jobs = next(at for at, text in enumerate(texts) if 'FROM "jobs_job"' in text and "FOR UPDATE" in text)
    of_groups = next(
        at for at, text in enumerate(texts) if 'FROM "jobs_group"' in text and "FOR NO KEY" in text
    )
    assert of_jobs < of_groups < ends
    assert 'ORDER BY "jobs_job"."id"' in texts[of_jobs]
    assert 'ORDER BY "jobs_group"."id"' in texts[of_groups]
