from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from jobs.celery import app
from jobs.models import Dataset, Event, Job, Project, State, Teacher, TeacherKind, User
from jobs.operations.errors import UnableToCancel, UnableToSubmit
from jobs.operations.jobs import request_cancel, submit
from jobs.operations.removal import archive
from jobs.queries.jobs import job_detail, list_jobs
from mtkd_engine.spec import parse

pytestmark = pytest.mark.django_db
EMTM = {"data": {"dataset": "world"}, "teachers": ["span"], "method": {"kind": "emtm"}}


def test_a_job_holds_its_frozen_spec_and_its_sources(
    project: Project, user: User, dataset: Dataset, teacher: Teacher
) -> None:
    spec = parse(EMTM)
    job = submit(project=project, user=user, spec=spec)
    assert job.state == State.QUEUED
    assert parse(job.spec) == spec
    assert (job.dataset, list(job.teachers.all()), job.name) == (dataset, [teacher], "emtm on world")


def test_unknown_names_are_refused_by_field(project: Project, user: User, dataset: Dataset) -> None:
    with pytest.raises(UnableToSubmit) as refusal:
        submit(project=project, user=user, spec=parse({"data": {"dataset": "wrld"}}))
    assert refusal.value.fields == {
        "data.dataset": "given 'wrld', accepted is a dataset of this project: world."
    }
    with pytest.raises(UnableToSubmit) as refusal:
        submit(project=project, user=user, spec=parse(EMTM))
    assert "no teacher yet" in refusal.value.fields["teachers.0.name"]
    assert not Job.objects.exists()


def test_a_teacher_of_another_feature_width_is_refused(
    project: Project, user: User, dataset: Dataset, teacher: Teacher
) -> None:
    Teacher.objects.filter(pk=teacher.pk).update(report={"card": {"feature_width": 12}})
    with pytest.raises(UnableToSubmit, match=r"width 12.*width 8") as refusal:
        submit(project=project, user=user, spec=parse(EMTM))
    assert list(refusal.value.fields) == ["teachers.0.name"]


def test_a_dataset_of_another_project_is_unknown_here(project: Project, user: User, dataset: Dataset) -> None:
    other = Project.objects.create(name="other", slug="other")
    with pytest.raises(UnableToSubmit):
        submit(project=other, user=user, spec=parse({"data": {"dataset": "world"}}))


def test_a_broker_that_is_away_does_not_stop_a_submission(
    make_job: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job()
    assert Job.objects.get(pk=job.pk).state == State.QUEUED


def test_a_queued_job_is_cancelled_at_once_and_stays_cancelled(make_job: Any, user: User) -> None:
    job = request_cancel(job=make_job(), user=user)
    assert job.state == State.CANCELLED
    assert job.finished_at is not None
    with pytest.raises(UnableToCancel, match="has ended already"):
        request_cancel(job=job, user=user)


def test_asking_twice_to_cancel_an_active_job_keeps_the_first_time(
    make_job: Any, user: User, take: Any
) -> None:
    job = make_job()
    take()
    first = request_cancel(job=job, user=user).cancel_requested_at
    again = request_cancel(job=job, user=user)
    assert (again.cancel_requested_at, again.state) == (first, State.STARTING)


def test_the_newest_jobs_are_listed_without_the_archived(make_job: Any, project: Project) -> None:
    ids = [make_job().pk for _ in range(3)][::-1]
    make_job(archived_at=timezone.now())
    assert [job.pk for job in list_jobs(project=project, limit=2)] == ids[:2]


def test_the_detail_of_a_job_needs_no_further_query(make_job: Any, django_assert_num_queries: Any) -> None:
    job = make_job()
    detail = job_detail(job_id=job.pk)
    with django_assert_num_queries(0):
        assert detail.dataset.name == "world"
        assert detail.project.name
        assert [*detail.teachers.all(), *detail.attempts.all(), *detail.artifacts.all()] == []
    assert not Event.objects.exists()


def test_a_dataset_goes_by_its_label(project: Project, user: User, dataset: Dataset) -> None:
    new = Dataset.objects.create(
        project=project, name="world", version=2, content_hash="c" * 64, report=dataset.report
    )
    jobs = [
        submit(project=project, user=user, spec=parse({"data": {"dataset": label}}))
        for label in ("world", "world@1", "world@2")
    ]
    assert [job.dataset for job in jobs] == [new, dataset, new]
    assert [job.name for job in jobs] == ["solo on world@2", "solo on world", "solo on world@2"]
    assert jobs[1].spec["data"]["dataset"] == "world@1"


def test_what_is_archived_is_refused_by_field(
    project: Project, user: User, dataset: Dataset, teacher: Teacher
) -> None:
    archive(teacher)
    with pytest.raises(UnableToSubmit) as refusal:
        submit(project=project, user=user, spec=parse(EMTM))
    assert "is archived" in refusal.value.fields["teachers.0.name"]
    archive(dataset)
    with pytest.raises(UnableToSubmit) as refusal:
        submit(project=project, user=user, spec=parse(EMTM))
    assert "is archived" in refusal.value.fields["data.dataset"]


def test_a_dataset_without_features_trains_nothing(project: Project, user: User, dataset: Dataset) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(report={"feature_width": None})
    with pytest.raises(UnableToSubmit, match="was registered without features"):
        submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))


@pytest.mark.parametrize(
    ("covered", "of", "sentence"),
    [(9, 10, "cover only 9 of 10 train samples of 'world'"), (10, 10, None)],
)
def test_predictions_teach_where_they_cover_everything(
    project: Project, user: User, dataset: Dataset, covered: int, of: int, sentence: str | None
) -> None:
    teacher = Teacher.objects.create(
        project=project,
        name="span",
        kind=TeacherKind.PREDICTIONS,
        dataset=dataset,
        content_hash="e" * 64,
        report={"dataset_hash": dataset.content_hash, "coverage": {"train": {"covered": covered, "of": of}}},
    )
    if sentence is None:
        assert submit(project=project, user=user, spec=parse(EMTM)).teachers.get() == teacher
        return
    with pytest.raises(UnableToSubmit, match=sentence) as refusal:
        submit(project=project, user=user, spec=parse(EMTM))
    assert list(refusal.value.fields) == ["teachers.0.name"]


def test_predictions_for_other_samples_are_refused(project: Project, user: User, dataset: Dataset) -> None:
    other = Dataset.objects.create(project=project, name="other", content_hash="f" * 64)
    report = {"dataset_hash": other.content_hash}
    Teacher.objects.create(
        project=project, name="span", kind="predictions", dataset=other, content_hash="e" * 64, report=report
    )
    with pytest.raises(UnableToSubmit, match="which are predictions for dataset 'other'"):
        submit(project=project, user=user, spec=parse(EMTM))


AGGREGATE = {"data": {"dataset": "world"}, "teachers": ["one", "two"], "method": {"kind": "aggregate"}}


def _keep_predictions(project: Project, dataset: Dataset) -> None:
    for place, name in enumerate(("one", "two")):
        Teacher.objects.create(
            project=project,
            name=name,
            kind=TeacherKind.PREDICTIONS,
            dataset=dataset,
            content_hash=f"{place}" * 64,
            report={"dataset_hash": dataset.content_hash},
        )


def test_predictions_are_combined_also_where_a_dataset_has_no_features(
    project: Project, user: User, dataset: Dataset
) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(report={"feature_width": None})
    _keep_predictions(project, dataset)
    job = submit(project=project, user=user, spec=parse(AGGREGATE))
    assert sorted(teacher.name for teacher in job.teachers.all()) == ["one", "two"]


def test_a_network_is_not_combined_where_a_dataset_has_no_features(
    project: Project, user: User, dataset: Dataset, teacher: Teacher
) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(report={"feature_width": None})
    _keep_predictions(project, dataset)
    spec = parse({**AGGREGATE, "teachers": ["one", teacher.name]})
    with pytest.raises(UnableToSubmit, match="a network that reads features") as refusal:
        submit(project=project, user=user, spec=spec)
    assert list(refusal.value.fields) == ["teachers.1.name"]
