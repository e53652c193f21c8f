"""Archiving and deleting datasets and teachers, with what depends on them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from jobs.models import Blob, Dataset, Job, Project, State, StoredFile, Teacher, TeacherKind, User
from jobs.operations.deletion import remove_deleted
from jobs.operations.errors import UnableToDelete, UnableToSubmit
from jobs.operations.jobs import submit
from jobs.operations.removal import archive, delete, unarchive
from jobs.queries.sources import dependents, find_dataset, list_datasets, list_teachers
from mtkd_engine.spec import parse
from tests.jobs.registering import Desk

pytestmark = pytest.mark.django_db


def version(dataset: Dataset, number: int) -> Dataset:
    return Dataset.objects.create(
        project=dataset.project, name=dataset.name, version=number, content_hash=str(number) * 64
    )


@pytest.fixture
def predictions(dataset: Dataset) -> Teacher:
    return Teacher.objects.create(
        project=dataset.project,
        name="stored",
        kind=TeacherKind.PREDICTIONS,
        dataset=dataset,
        content_hash="a" * 64,
    )


def test_a_label_finds_the_newest_version_that_is_not_archived(dataset: Dataset, project: Project) -> None:
    second, third = version(dataset, 2), version(dataset, 3)
    assert find_dataset(project, "world") == third
    assert (find_dataset(project, "world@1"), find_dataset(project, "world@2")) == (dataset, second)
    archive(third)
    assert find_dataset(project, "world") == second
    assert find_dataset(project, "world@3") == third
    archive(second), archive(dataset)
    found = find_dataset(project, "world")
    assert found is not None
    assert found.archived_at is not None
    for unknown in ("world@4", "world@", "world@x", "@1", "", "world@²"):
        assert find_dataset(project, unknown) is None


def test_what_is_archived_is_listed_apart_and_comes_back(dataset: Dataset, teacher: Teacher) -> None:
    for source, listed in ((dataset, list_datasets), (teacher, list_teachers)):
        archive(source)
        first = source.archived_at
        archive(source)
        assert source.archived_at == first is not None
        assert list(listed(project=source.project)) == []  # type: ignore[operator]
        assert list(listed(project=source.project, archived=True)) == [source]  # type: ignore[operator]
        unarchive(source)
        assert list(listed(project=source.project)) == [source]  # type: ignore[operator]
        assert list(listed(project=source.project, archived=None)) == [source]  # type: ignore[operator]


def test_what_is_needed_is_not_deleted_unless_that_goes_too(
    make_job: Any, dataset: Dataset, predictions: Teacher
) -> None:
    job = make_job(state=State.SUCCEEDED)
    assert dependents(dataset) == {"jobs": [job], "teachers": [predictions]}
    with pytest.raises(UnableToDelete, match=rf"is needed by teacher 'stored', job {job.pk};"):
        delete(dataset)
    delete(dataset, with_dependents=True)
    assert not Dataset.objects.exists()
    assert not Teacher.objects.exists()
    assert not Job.objects.exists()


def test_deleted_jobs_are_named_by_nobody_and_keep_nothing(
    make_job: Any, dataset: Dataset, predictions: Teacher
) -> None:
    job = make_job(state=State.SUCCEEDED, deleted_at=timezone.now())
    job.teachers.add(predictions)
    assert dependents(dataset) == {"jobs": [], "teachers": [predictions]}
    assert dependents(predictions) == {"jobs": [], "teachers": []}
    delete(predictions)
    delete(dataset)
    remove_deleted()
    assert not Job.objects.exists()


def test_a_model_outlives_the_dataset_that_it_was_measured_on(dataset: Dataset, teacher: Teacher) -> None:
    Teacher.objects.filter(pk=teacher.pk).update(dataset=dataset)
    assert dependents(dataset) == {"jobs": [], "teachers": []}
    delete(dataset)
    teacher.refresh_from_db()
    assert teacher.dataset is None


def test_a_teacher_goes_with_its_jobs_and_leaves_its_bytes_to_the_next_tidying_up(
    make_job: Any, teacher: Teacher
) -> None:
    job: Job = make_job(state=State.FAILED)
    job.teachers.add(teacher)
    blob = Blob.objects.create(sha256="b" * 64, size=1, touched_at=job.created_at)
    StoredFile.objects.create(teacher=teacher, name="model.safetensors", blob=blob)
    with pytest.raises(UnableToDelete, match=f"job {job.pk}; they would be deleted too"):
        delete(teacher)
    delete(teacher, with_dependents=True)
    assert not StoredFile.objects.exists()
    assert Blob.objects.exists()


def test_nothing_is_deleted_under_the_hands_of_a_worker(make_job: Any, dataset: Dataset, desk: Desk) -> None:
    job = make_job(state=State.RUNNING)
    asked = desk.ask("span", kind="teacher", dataset="world")
    desk.take()
    with pytest.raises(
        UnableToDelete, match=f"job {job.pk} is running, registration {asked.pk} is being checked"
    ):
        delete(dataset, with_dependents=True)
    assert Dataset.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_being_deleted_gets_no_new_job(project: Project, user: User, dataset: Dataset) -> None:
    """The deletion has looked for jobs already when one is submitted: that one waits, and is refused."""
    refused, looked = list[str](), threading.Event()

    def late() -> None:
        looked.wait(10)
        try:
            submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))
        except UnableToSubmit as error:
            refused.append(error.message)
        finally:
            connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    with transaction.atomic():
        delete(dataset)
        looked.set()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()
    assert refused == ["data.dataset: given 'world', which was deleted this moment."]
    assert not Job.objects.exists()
