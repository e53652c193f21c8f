"""Groups: submitted as a whole or not at all, cancelled together."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Dataset, Group, Job, Project, State, Teacher, User
from jobs.operations.errors import UnableToCancel, UnableToSubmit
from jobs.operations.groups import cancel_group, submit_group
from jobs.operations.jobs import submit
from jobs.operations.lifecycle import delete_job, resubmit, retry
from jobs.queries.groups import list_groups, members_of
from jobs.queries.jobs import job_detail
from mtkd_engine.spec import SpecError, parse, spec_hash

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset", "teachers")]
EMTM: dict[str, Any] = {
    "name": "study",
    "data": {"dataset": "world"},
    "teachers": ["span", "map2d"],
    "method": {"kind": "emtm"},
}


@pytest.fixture
def teachers(project: Project, teacher: Teacher) -> None:
    Teacher.objects.create(
        project=project, name="map2d", content_hash="f" * 64, report={"card": {"feature_width": 8}}
    )


@pytest.fixture
def group(project: Project, user: User) -> Group:
    return submit_group(
        project=project, user=user, document={**EMTM, "seeds": [1, 2], "ablate": ["kau", "teacher:span"]}
    )


def test_a_group_is_its_jobs_each_with_its_cell_and_seed(group: Group) -> None:
    jobs = list(Job.objects.order_by("pk"))
    assert [(job.spec["group"]["cell"], job.spec["seed"]) for job in jobs] == [
        *(("", 1), ("kau", 1), ("teacher:span", 1)),
        *(("", 2), ("kau", 2), ("teacher:span", 2)),
    ]
    assert all(job.group == group and job.state == State.QUEUED for job in jobs)
    assert [job.teachers.count() for job in jobs] == [2, 2, 1, 2, 2, 1]
    assert group.document["ablate"] == ["kau", "teacher:span"]
    assert jobs[0].spec_hash == spec_hash(parse({**EMTM, "name": jobs[0].name, "seed": 1}))


def test_schedule_and_submitter_are_those_of_every_job(project: Project, user: User) -> None:
    submit_group(project=project, user=user, document={**EMTM, "seeds": [1, 2]}, queue="gpu", priority=3)
    assert set(Job.objects.values_list("queue", "priority", "submitted_by")) == {("gpu", 3, user.pk)}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"seeds": [1], "data": {"dataset": "nowhere"}}, "data.dataset"),
        ({"seeds": [1], "teachers": ["span", "ghost"]}, "teachers.1.name"),
        (
            {"ablate": ["kau", {"cell": "x", "change": {"data": {"dataset": "no"}}}]},
            "ablate.1.change.data.dataset",
        ),
        ({"ablate": [{"cell": "x", "change": {"teachers": ["ghost"]}}]}, "ablate.0.change.teachers.0.name"),
    ],
)
def test_what_does_not_fit_the_project_leaves_nothing_behind(
    project: Project, user: User, more: dict[str, Any], path: str
) -> None:
    with pytest.raises(UnableToSubmit) as refusal:
        submit_group(project=project, user=user, document={**EMTM, **more})
    assert list(refusal.value.fields) == [path]
    assert path in refusal.value.message
    assert not Group.objects.exists()
    assert not Job.objects.exists()


def test_a_schedule_that_cannot_be_is_refused_by_its_own_name(project: Project, user: User) -> None:
    with pytest.raises(UnableToSubmit) as refusal:
        submit_group(project=project, user=user, document={**EMTM, "seeds": [1]}, priority=99)
    assert list(refusal.value.fields) == ["priority"]


def test_a_document_that_is_none_is_refused(project: Project, user: User) -> None:
    with pytest.raises(SpecError, match=r"ablate\.0: given 'kua'"):
        submit_group(project=project, user=user, document={**EMTM, "ablate": ["kua"]})
    assert not Group.objects.exists()


def test_what_no_database_can_hold_is_dropped_from_what_is_kept(project: Project, user: User) -> None:
    change = {"optim": {"epochs": 3, "\x00": None}}
    group = submit_group(
        project=project, user=user, document={**EMTM, "ablate": [{"cell": "x", "change": change}]}
    )
    assert group.jobs.count() == 2


def test_a_job_alone_has_no_group_in_its_spec(project: Project, user: User, group: Group) -> None:
    spec = parse(Job.objects.latest("pk").spec)
    with pytest.raises(UnableToSubmit, match="this job is submitted alone") as refusal:
        submit(project=project, user=user, spec=spec)
    assert list(refusal.value.fields) == ["group"]


def test_a_changed_copy_is_outside_the_group_and_a_retry_inside(group: Group, user: User) -> None:
    job = group.jobs.get(spec__group__cell="kau", spec__seed=1)
    copy = resubmit(job=job, user=user, changes={"method": {"aggregator": {"kind": "kau", "width": 8}}})
    assert (copy.group, copy.spec["group"], copy.resubmitted_from) == (None, None, job)
    assert copy.spec["method"]["aggregator"]["kind"] == "kau"
    Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    again = retry(job=job, user=user)
    assert (again.group, again.spec["group"]["cell"]) == (group, "kau")


def test_a_kind_can_be_changed_without_naming_what_the_old_one_had(group: Group, user: User) -> None:
    job = group.jobs.first()
    assert job is not None
    copy = resubmit(job=job, user=user, changes={"method": {"kind": "solo"}, "teachers": []})
    assert copy.spec["method"] == {"kind": "solo"}


def test_cancelling_a_group_ends_what_has_not_ended(group: Group, user: User, take: Any) -> None:
    take()  # the first is with a worker
    Job.objects.filter(pk=group.jobs.latest("pk").pk).update(state=State.SUCCEEDED)
    assert cancel_group(group=group, user=user) == 5
    states = list(group.jobs.order_by("pk").values_list("state", flat=True))
    assert states == [State.STARTING, *[State.CANCELLED] * 4, State.SUCCEEDED]
    assert group.jobs.earliest("pk").cancel_requested_at is not None
    group.jobs.update(state=State.CANCELLED)
    with pytest.raises(UnableToCancel, match="have ended already"):
        cancel_group(group=group, user=user)


def test_groups_are_listed_with_how_their_jobs_stand(group: Group, project: Project, user: User) -> None:
    jobs = list(group.jobs.order_by("pk"))
    for job, state in zip(jobs, ("succeeded", "failed", "cancelled", "running"), strict=False):
        Job.objects.filter(pk=job.pk).update(state=state)
    newer = submit_group(project=project, user=user, document={**EMTM, "seeds": [5]})
    first, second = list_groups(project=project)
    assert (first.group, second.group) == (newer, group)
    assert (second.jobs, second.succeeded, second.ended_otherwise, second.active) == (6, 1, 2, 1)
    assert not second.is_over
    assert [listed.group for listed in list_groups(project=project, limit=1)] == [newer]
    assert [listed.group for listed in list_groups(project=project, before_id=newer.pk)] == [group]


def test_deleted_jobs_are_in_no_group(group: Group, project: Project, user: User) -> None:
    group.jobs.update(state=State.CANCELLED)
    for job in group.jobs.order_by("pk"):
        assert len(members_of(group)) == list_groups(project=project)[0].jobs
        delete_job(job=job, user=user)
    assert members_of(group) == []
    assert list_groups(project=project) == []


def test_a_group_that_goes_leaves_its_jobs(group: Group) -> None:
    job = group.jobs.latest("pk")
    group.delete()
    assert job_detail(job_id=job.pk).group is None


def test_members_are_read_in_two_queries(group: Group, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        members = members_of(group)
    assert [(member.cell, member.seed) for member in members][:2] == [("", 1), ("kau", 1)]
    assert all(not member.metrics and member.samples is None for member in members)


def test_a_dataset_of_the_groups_name_is_that_of_all(group: Group, dataset: Dataset) -> None:
    assert set(group.jobs.values_list("dataset", flat=True)) == {dataset.pk}
