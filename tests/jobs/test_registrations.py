"""Deciding on a registration, cancelling it, and asking for a student's promotion."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from jobs.models import Artifact, Attempt, Blob, Job, Registration, RegistrationState, State, Upload
from jobs.operations.errors import UnableToCancel, UnableToDecide, UnableToDelete, UnableToPromote
from jobs.operations.lifecycle import delete_job
from jobs.operations.registrations import decide, promote, request_cancel_registration
from jobs.queries.registrations import (
    is_under_way,
    list_registrations,
    open_registrations,
    registration_detail,
)
from tests.jobs.registering import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(desk: Desk) -> Registration:
    asked = desk.ask("tiny")
    asked.state = RegistrationState.WAITING
    asked.report = {"repairs": [{"name": "clip_windows"}, {"name": "drop_rows"}]}
    asked.attempts_lost = 2
    asked.save()
    return asked


def finished_job(make_job: Any) -> Job:
    job: Job = make_job(state=State.SUCCEEDED)
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="w")
    blob = Blob.objects.create(sha256="a" * 64, size=7, touched_at=job.created_at)
    kind = "application/octet-stream"
    Artifact.objects.create(
        job=job, attempt=attempt, name="student.safetensors", blob=blob, size=7, media_type=kind
    )
    return job


def test_a_decision_puts_it_back_into_the_queue(desk: Desk, waiting: Registration) -> None:
    row = decide(registration=waiting, user=desk.user, accepted=["drop_rows", "clip_windows"])
    assert (row.state, row.accepted, row.attempts_lost) == ("queued", ["clip_windows", "drop_rows"], 0)
    with pytest.raises(UnableToDecide, match="is queued and waits for no decision"):
        decide(registration=row, user=desk.user, accepted=[])


def test_no_repair_at_all_is_a_decision_too(desk: Desk, waiting: Registration) -> None:
    assert decide(registration=waiting, user=desk.user, accepted=[]).accepted == []


def test_a_needed_repair_must_be_accepted(desk: Desk, waiting: Registration) -> None:
    waiting.report["repairs"][0]["needed"] = True
    waiting.save()
    name = waiting.report["repairs"][0]["name"]
    with pytest.raises(UnableToDecide, match=f"{name}' is needed"):
        decide(registration=waiting, user=desk.user, accepted=[])
    assert decide(registration=waiting, user=desk.user, accepted=[name]).started_at is None


def test_a_repair_that_nobody_suggested_is_refused(desk: Desk, waiting: Registration) -> None:
    with pytest.raises(
        UnableToDecide, match="given 'burn', accepted are repairs that were suggested"
    ) as refusal:
        decide(registration=waiting, user=desk.user, accepted=["burn"])
    assert list(refusal.value.fields) == ["accept"]


@pytest.mark.parametrize("state", [RegistrationState.QUEUED, RegistrationState.WAITING])
def test_what_nobody_works_on_is_cancelled_at_once_with_its_uploads(
    desk: Desk, state: RegistrationState, django_capture_on_commit_callbacks: Any
) -> None:
    upload = Upload.objects.create(project=desk.project, user=desk.user, name="a.json", size=0)
    asked = desk.ask("tiny", uploads=[upload])
    Registration.objects.filter(pk=asked.pk).update(state=state)
    with django_capture_on_commit_callbacks(execute=True):
        row = request_cancel_registration(registration=asked, user=desk.user)
    assert row.state == RegistrationState.CANCELLED
    assert row.finished_at is not None
    assert not Upload.objects.exists()
    with pytest.raises(UnableToCancel, match="has ended already"):
        request_cancel_registration(registration=row, user=desk.user)


def test_asking_twice_to_cancel_a_check_keeps_the_first_time(desk: Desk) -> None:
    asked = desk.ask("tiny")
    desk.take()
    first = request_cancel_registration(registration=asked, user=desk.user)
    again = request_cancel_registration(registration=asked, user=desk.user)
    assert first.state == RegistrationState.CHECKING
    assert first.cancel_requested_at == again.cancel_requested_at is not None


def test_a_student_is_asked_to_become_a_teacher_measured_on_its_dataset(make_job: Any, desk: Desk) -> None:
    job = finished_job(make_job)
    asked = promote(job=job, user=desk.user, name="graduate")
    assert (asked.kind, asked.name, asked.from_job, asked.measured_on) == (
        "teacher",
        "graduate",
        job,
        job.dataset,
    )
    with pytest.raises(UnableToPromote, match="under way"):
        promote(job=job, user=desk.user, name="graduate")


def test_only_a_succeeded_job_with_a_student_is_promoted(make_job: Any, desk: Desk) -> None:
    with pytest.raises(UnableToPromote, match="is queued; only a succeeded job"):
        promote(job=make_job(), user=desk.user, name="graduate")
    with pytest.raises(UnableToPromote, match=r"has no student\.safetensors"):
        promote(job=make_job(state=State.SUCCEEDED), user=desk.user, name="graduate")


def test_the_student_of_a_deleted_job_is_promoted_by_nobody(make_job: Any, desk: Desk) -> None:
    job = finished_job(make_job)
    delete_job(job=job, user=desk.user)
    with pytest.raises(UnableToPromote, match=f"Job {job.pk} was deleted"):
        promote(job=job, user=desk.user, name="graduate")
    assert not Registration.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_deletes_a_job_while_its_student_is_promoted_is_told(
    make_job: Any, desk: Desk, meanwhile: Any, wait_for: Any
) -> None:
    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    job, told, promoted = finished_job(make_job), list[str](), threading.Event()

    def late() -> None:
        promoted.wait(10)
        try:
            delete_job(job=job, user=desk.user)
        except UnableToDelete as error:
            told.append(error.message)

    meanwhile(late)
    with transaction.atomic():
        promote(job=job, user=desk.user, name="graduate")
        promoted.set()
        wait_for(somebody_waits)
    wait_for(lambda: told)
    assert "is becoming teacher 'graduate'" in told[0]


def test_the_project_with_the_fewest_at_work_comes_first(desk: Desk) -> None:
    first, second = desk.ask("a"), desk.ask("b")
    desk.project = type(desk.project).objects.create(name="other", slug="other")
    third = desk.ask("c")
    order = [desk.take().registration_id for _ in range(3)]
    assert order == [first.pk, third.pk, second.pk]


def test_registrations_are_listed_newest_first_and_page_by_page(desk: Desk) -> None:
    rows = [desk.ask(name) for name in ("a", "b", "c")]
    ids = [row.pk for row in rows]
    assert [row.pk for row in list_registrations(project=desk.project, limit=2)] == ids[:0:-1]
    assert [row.pk for row in list_registrations(project=desk.project, before_id=ids[1])] == ids[:1]
    request_cancel_registration(registration=rows[1], user=desk.user)
    assert [row.pk for row in open_registrations(project=desk.project)] == [ids[0], ids[2]]
    assert is_under_way(rows[0])
    assert registration_detail(registration_id=ids[0]).project == desk.project
