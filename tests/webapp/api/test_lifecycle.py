"""Pause, resume, retry, resubmit, reschedule and delete over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from jobs.models import Attempt, Blob, Checkpoint, Job, Project, State, User
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob

SPEC = {"name": "by rest", "data": {"dataset": "world"}}


@pytest.fixture(autouse=True)
def _silent(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dataset, teachers, and no doorbell."""
    monkeypatch.setattr("jobs.operations.moves.ring", lambda queue: None)


@pytest.fixture
def admin(people: dict[str, User], project: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(people["admin"])
    return client


def publish(attempt: Attempt) -> None:
    """Puts a checkpoint of an attempt into the storage, as far as its row tells."""
    blob = Blob.objects.create(sha256="a" * 64, size=1, touched_at=timezone.now())
    Checkpoint.objects.create(job=attempt.job, attempt=attempt, step=40, seq=9, path="c", blob=blob)


def test_a_job_is_paused_and_resumed(api: APIClient, job: Job) -> None:
    address = f"/api/v1/jobs/{job.pk}/pause/"
    for _ in range(2):
        answer = api.put(address)
        assert (answer.status_code, answer.json()["state"]) == (200, "paused")
        assert answer.json()["pause_requested_at"]
    for _ in range(2):
        answer = api.delete(address)
        assert (answer.status_code, answer.json()["state"]) == (200, "queued")
        assert answer.json()["pause_requested_at"] is None


def test_an_active_job_is_asked_to_pause(api: APIClient, job: Job) -> None:
    EngineDouble().start()
    body = api.put(f"/api/v1/jobs/{job.pk}/pause/").json()
    assert body["state"] == "running"
    assert body["pause_requested_at"]


@pytest.mark.parametrize(
    ("method", "sentence"), [("put", "cannot be paused"), ("delete", "only a paused job")]
)
def test_an_ended_job_is_neither_paused_nor_resumed(
    api: APIClient, make_job: MakeJob, method: str, sentence: str
) -> None:
    answer = getattr(api, method)(f"/api/v1/jobs/{make_job(state=State.FAILED).pk}/pause/")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]


def test_a_failed_job_says_why_and_is_retried_from_its_checkpoint(api: APIClient, job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.fail("The loss is not a number.")
    attempt = Attempt.objects.get(job=job)
    Attempt.objects.filter(pk=attempt.pk).update(peak_memory=123)
    publish(attempt)
    before = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert before["attempts"][0]["reason"] == "The loss is not a number."
    assert before["attempts"][0]["peak_memory"] == 123
    assert (before["checkpoint"]["step"], before["checkpoint"]["attempt"]) == (40, 1)
    answer = api.put(f"/api/v1/jobs/{job.pk}/retry/")
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")
    assert (answer.json()["failure"], answer.json()["checkpoint"]["step"]) == ("", 40)
    again = api.put(f"/api/v1/jobs/{job.pk}/retry/", {"from": "checkpoint"}, format="json")
    assert again.status_code == 409
    assert "only a failed or cancelled job" in again.json()["detail"]


def test_a_job_retried_from_scratch_has_no_checkpoint_any_more(api: APIClient, make_job: MakeJob) -> None:
    job = make_job(state=State.FAILED, step=40)
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="w")
    publish(attempt)
    body = {"from": "scratch", "deadline": "2h"}
    answer = api.put(f"/api/v1/jobs/{job.pk}/retry/", body, format="json").json()
    assert (answer["state"], answer["step"], answer["checkpoint"]) == ("queued", 0, None)
    due = parse_datetime(answer["deadline_at"])
    assert due is not None
    assert timedelta(minutes=119) < due - timezone.now() <= timedelta(hours=2)


def test_a_job_is_resubmitted_with_changes(api: APIClient, make_job: MakeJob) -> None:
    old = make_job(state=State.SUCCEEDED, priority=3)
    answer = api.post(
        f"/api/v1/jobs/{old.pk}/resubmission/",
        {
            "changes": {"name": "again", "optim": {"epochs": 3}, "seed": None},
            "queue": "gpu",
            "deadline": "1d",
        },
        format="json",
    )
    body = answer.json()
    assert (answer.status_code, body["resubmitted_from"]) == (201, old.pk)
    assert answer["Location"] == f"/api/v1/jobs/{body['id']}/" != f"/api/v1/jobs/{old.pk}/"
    assert (body["name"], body["spec"]["optim"]["epochs"]) == ("again", 3)
    assert (body["queue"], body["priority"], body["state"]) == ("gpu", 3, "queued")
    assert body["deadline_at"]


def test_a_resubmission_may_change_nothing(api: APIClient, job: Job) -> None:
    body = api.post(f"/api/v1/jobs/{job.pk}/resubmission/").json()
    assert body["spec"] == job.spec
    assert sorted(body["teachers"]) == ["map2d", "span"]


def test_changes_that_make_no_spec_are_refused_by_field(api: APIClient, job: Job) -> None:
    answer = api.post(
        f"/api/v1/jobs/{job.pk}/resubmission/", {"changes": {"optim": {"epochs": 0}}}, format="json"
    )
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["optim.epochs"]


def test_the_schedule_of_a_job_is_changed_in_parts(api: APIClient, job: Job) -> None:
    address = f"/api/v1/jobs/{job.pk}/schedule/"
    body = api.patch(address, {"priority": 5, "deadline": "2030-01-31T18:00:00Z"}, format="json").json()
    assert (body["queue"], body["priority"], body["deadline_at"]) == ("cpu", 5, "2030-01-31T18:00:00Z")
    body = api.patch(address, {"queue": "gpu"}, format="json").json()
    assert (body["queue"], body["priority"], body["deadline_at"]) == ("gpu", 5, "2030-01-31T18:00:00Z")
    assert api.patch(address, {"deadline": None}, format="json").json()["deadline_at"] is None


def test_a_schedule_that_comes_too_late_is_a_conflict(api: APIClient, job: Job) -> None:
    EngineDouble().start()
    answer = api.patch(f"/api/v1/jobs/{job.pk}/schedule/", {"queue": "gpu"}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (409, ["queue"])


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"queue": "tpu"}, "queue", "accepted is a queue that a worker has served"),
        ({"priority": 11}, "priority", "accepted is a whole number from -10 to 10."),
        ({"priority": "high"}, "priority", "accepted is a whole number from -10 to 10."),
        ({"deadline": "soon"}, "deadline", "accepted is a length such as 90m, 2h or 1d"),
        ({"deadline": 3}, "deadline", "accepted is a length such as 90m, 2h or 1d"),
        ({"deadline": "2020-01-01"}, "deadline", "accepted is a time in the next ten years."),
        ({"prio": 3}, "prio", "there is no such field; accepted are"),
    ],
)
def test_a_senseless_schedule_is_refused_wherever_it_is_given(
    api: APIClient, job: Job, asked: dict[str, Any], field: str, sentence: str
) -> None:
    answers = [
        api.patch(f"/api/v1/jobs/{job.pk}/schedule/", asked, format="json"),
        api.post(f"/api/v1/jobs/{job.pk}/resubmission/", asked, format="json"),
        api.post("/api/v1/jobs/", {"project": "moments", "spec": SPEC, **asked}, format="json"),
    ]
    for answer in answers:
        assert answer.status_code == 400, answer.content
        assert sentence in answer.json()["fields"][field]
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("pause/", {}),
        ("retry/", {"from": "somewhere"}),
        ("retry/", {"from": "scratch", "form": "x"}),
        ("retry/", [1]),
    ],
)
def test_unknown_words_are_refused(api: APIClient, make_job: MakeJob, address: str, body: Any) -> None:
    job = make_job(state=State.FAILED)
    answer = api.put(f"/api/v1/jobs/{job.pk}/{address}", body, format="json")
    assert answer.status_code in {400, 409}
    job.refresh_from_db()
    assert job.state == State.FAILED


def test_a_job_is_submitted_with_queue_priority_and_deadline(api: APIClient) -> None:
    asked = {"project": "moments", "spec": SPEC, "queue": "gpu", "priority": -2, "deadline": "90m"}
    body = api.post("/api/v1/jobs/", asked, format="json").json()
    assert (body["queue"], body["priority"]) == ("gpu", -2)
    assert body["deadline_at"] > body["queued_at"]
    assert body["waits"] == "no worker serves queue gpu and none ever did"


def test_a_bare_spec_has_them_in_its_address(api: APIClient) -> None:
    text = "name: by rest\ndata:\n  dataset: world\n"
    address = "/api/v1/jobs/?project=moments&queue=gpu&priority=-2&deadline=90m"
    answer = api.generic("POST", address, text, content_type="application/yaml")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["queue"], answer.json()["priority"]) == ("gpu", -2)
    refused = api.generic("POST", address.replace("-2", "x"), text, content_type="application/yaml")
    assert list(refused.json()["fields"]) == ["priority"]
    lost = api.post("/api/v1/jobs/?queue=gpu", {"project": "moments", "spec": SPEC}, format="json")
    assert (lost.status_code, list(lost.json()["fields"])) == (400, ["queue"])


def test_a_list_says_why_each_job_waits(api: APIClient, make_job: MakeJob) -> None:
    make_job(), make_job(state=State.RUNNING)
    said = {row["state"]: row["waits"] for row in api.get("/api/v1/jobs/?project=moments").json()}
    assert said == {"queued": "no worker serves queue cpu and none ever did", "running": None}


def test_a_job_trained_elsewhere_is_shown_without_a_dataset(api: APIClient, make_job: MakeJob) -> None:
    job = make_job(elsewhere=True, dataset=None, state=State.RUNNING)
    body = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (body["elsewhere"], body["dataset"]) == (True, None)
    assert api.put(f"/api/v1/jobs/{job.pk}/pause/").status_code == 409
    assert api.put(f"/api/v1/jobs/{job.pk}/cancellation/").json()["state"] == "cancelled"


def test_an_admin_deletes_an_ended_job_and_it_is_gone_at_once(admin: APIClient, job: Job) -> None:
    address = f"/api/v1/jobs/{job.pk}/"
    early = admin.delete(address)
    assert (early.status_code, early.json()["detail"]) == (409, f"Job {job.pk} is queued; cancel it first.")
    admin.put(f"{address}cancellation/")
    assert admin.delete(address).status_code == 204
    for answer in (admin.delete(address), admin.get(address), admin.put(f"{address}retry/")):
        assert answer.status_code == 404
    assert admin.get("/api/v1/jobs/?project=moments").json() == []


@pytest.mark.parametrize(
    ("who", "status"), [("outsider", 404), ("viewer", 403), ("editor", None), ("admin", None)]
)
def test_viewers_may_not_ask_and_strangers_see_no_job(
    people: dict[str, User], job: Job, who: str, status: int | None
) -> None:
    client = APIClient()
    client.force_authenticate(people[who])
    for method, address in (
        ("put", "pause/"),
        ("delete", "pause/"),
        ("put", "retry/"),
        ("post", "resubmission/"),
        ("patch", "schedule/"),
    ):
        answer = getattr(client, method)(f"/api/v1/jobs/{job.pk}/{address}")
        if status is None:
            assert answer.status_code in {200, 201, 409}, answer.content
        else:
            assert answer.status_code == status
    gone = client.delete(f"/api/v1/jobs/{job.pk}/").status_code
    assert gone == {"outsider": 404, "admin": 409}.get(who, 403)


@pytest.mark.parametrize(
    ("address", "body", "sentence"),
    [
        ("retry", {"from": "start"}, "from: given 'start', accepted is one of checkpoint, scratch."),
        ("schedule", {"priority": 99}, "priority: given 99, accepted is a whole number from -10 to 10"),
        ("resubmission", {"changes": 5}, "changes: given 5, accepted is a mapping of keys to values."),
    ],
)
def test_a_body_that_does_not_fit_is_told_what_was_given_and_what_is_accepted(
    api: APIClient, job: Job, address: str, body: dict[str, Any], sentence: str
) -> None:
    ask = {"retry": api.put, "schedule": api.patch, "resubmission": api.post}[address]
    answer = ask(f"/api/v1/jobs/{job.pk}/{address}/", body, format="json")
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


def test_a_misspelt_word_of_the_address_runs_on_no_other_queue(api: APIClient, project: Project) -> None:
    answer = api.post(f"/api/v1/jobs/?project={project.slug}&queeu=gpu", SPEC, format="json")
    assert answer.status_code == 400
    assert "queeu: there is no such field; accepted are queue, priority, deadline." in answer.json()["detail"]
    assert not Job.objects.exists()


def test_a_bare_spec_without_a_project_is_told_where_to_name_it(api: APIClient, project: Project) -> None:
    answer = api.post("/api/v1/jobs/", SPEC, format="json")
    assert answer.json()["fields"] == {
        "project": "beside a bare spec it is given in the address, as in ?project=SLUG."
    }
