from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import ApiToken, Job, KeyedCall, Project, State, User
from jobs.operations.keyed_calls import forget_calls
from jobs.operations.tokens import create_token
from tests.webapp.conftest import MakeJob
from webapp.api.repeating import SHOWN_ONCE
from webapp.permissions import PERMISSIONS

SUBMITTED = {"project": "moments", "spec": {"name": "once", "data": {"dataset": "world"}}}
ADDRESS = "/api/v1/jobs/"


@pytest.fixture(autouse=True)
def _world(make_job: MakeJob) -> None:
    """A dataset, teachers, and a silent doorbell."""


def send(api: APIClient, body: Any = SUBMITTED, *, key: str = "k1", address: str = ADDRESS) -> Any:
    return api.post(address, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_a_call_that_is_sent_again_is_answered_as_before_and_made_once(api: APIClient) -> None:
    first, second = send(api), send(api)
    assert Job.objects.count() == 1
    assert (second.status_code, second.content) == (201, first.content)
    for header in ("Location", "Content-Type"):
        assert second[header] == first[header]
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ({**SUBMITTED, "priority": 3}, ADDRESS),
        (SUBMITTED["spec"], f"{ADDRESS}?project=moments"),
        (SUBMITTED, "/api/v1/groups/"),
    ],
)
def test_a_key_of_another_call_is_refused(api: APIClient, body: Any, address: str) -> None:
    send(api)
    answer = send(api, body, address=address)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert list(answer.json()["fields"]) == ["Idempotency-Key"]
    assert Job.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "sch\u00f6n"])
def test_a_key_that_is_none_is_refused(api: APIClient, key: str) -> None:
    assert list(send(api, key=key).json()["fields"]) == ["Idempotency-Key"]


def test_a_call_that_was_refused_may_be_mended_under_its_key(api: APIClient) -> None:
    assert send(api, {**SUBMITTED, "spec": {}}).status_code == 400
    assert not KeyedCall.objects.exists()
    assert send(api).status_code == 201


def test_keys_of_two_people_are_two_keys(api: APIClient, people: dict[str, User]) -> None:
    other = APIClient()
    other.force_authenticate(people["admin"])
    assert send(api).json()["id"] != send(other).json()["id"]


def test_a_token_of_one_project_is_not_shown_what_another_one_was_answered(
    api: APIClient, people: dict[str, User], project: Project
) -> None:
    token, secret = create_token(user=people["editor"], name="bound")
    ApiToken.objects.filter(pk=token.pk).update(project=project)
    send(api)
    bound = APIClient()
    bound.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert send(bound).status_code == 422


def test_an_ended_call_can_be_repeated_where_doing_it_again_would_be_refused(
    api: APIClient, make_job: MakeJob
) -> None:
    job = make_job(state=State.QUEUED)
    address = f"/api/v1/jobs/{job.pk}/cancellation/"
    answers = [api.put(address, HTTP_IDEMPOTENCY_KEY="stop") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert api.put(address).status_code == 409


def test_a_form_is_the_same_whatever_divides_its_parts(api: APIClient, job: Job) -> None:
    def asked(words: bytes) -> Any:
        file = SimpleUploadedFile("clip.npy", words)
        body = {"sentence": "a door opens", "features": file, "duration": 3.0}
        address = f"/api/v1/jobs/{job.pk}/predictions/"
        return api.post(address, body, format="multipart", HTTP_IDEMPOTENCY_KEY="ask")

    first = asked(b"one").status_code
    assert asked(b"one").status_code == first
    assert asked(b"two").status_code == (422 if first < 400 else first)


def test_what_broke_is_not_kept_and_nothing_of_it_stays(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(job_id: int) -> Any:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("webapp.api.jobs.detail", broken)
        assert send(api).status_code == 503
    assert not Job.objects.exists()
    assert send(api).status_code == 201


def test_answers_are_forgotten_after_a_day(api: APIClient) -> None:
    send(api)
    assert forget_calls() == 0
    KeyedCall.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert send(api).status_code == 201
    assert Job.objects.count() == 2
    KeyedCall.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_calls() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_time_gives_one_job(api: APIClient) -> None:
    together = threading.Barrier(6)
    answers: list[Any] = []

    def call() -> None:
        client = APIClient()
        client.credentials(**api._credentials)
        together.wait()
        try:
            answers.append(send(client))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Job.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert answer["Retry-After"] == "1"
        else:
            assert answer.json()["id"] == Job.objects.get().pk


def test_a_method_that_an_address_lacks_is_refused_whatever_the_key(api: APIClient, job: Job) -> None:
    send(api)
    answer = api.post(f"/api/v1/jobs/{job.pk}/cancellation/", HTTP_IDEMPOTENCY_KEY="k1")
    assert answer.status_code == 405


def test_a_body_beside_a_key_is_no_longer_than_a_text(api: APIClient) -> None:
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "long", "HTTP_UPLOAD_LENGTH": "300000"}
    answer = api.post(
        "/api/v1/uploads/?project=moments",
        b"x" * 300_000,
        content_type="application/offset+octet-stream",
        **headers,
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])


def test_an_answer_with_a_secret_is_not_kept_and_one_without_is(people: dict[str, User]) -> None:
    operator = APIClient()
    root = User.objects.create_superuser(username="root")
    operator.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=root, name='t')[1]}")

    def change(key: str, **asked: bool) -> Any:
        return operator.patch("/api/v1/users/viewer/", asked, format="json", HTTP_IDEMPOTENCY_KEY=key)

    made, again = change("k1", new_password=True), change("k1", new_password=True)
    assert (made.status_code, again.status_code) == (200, 409)
    assert "shown once" in again.json()["detail"]
    assert made.json()["password"].encode() not in bytes(KeyedCall.objects.get(key="k1").body)
    closed, replayed = change("k2", is_active=False), change("k2", is_active=False)
    assert (replayed.status_code, replayed.content) == (200, closed.content)


def test_every_route_that_may_answer_with_a_secret_exists() -> None:
    assert set(PERMISSIONS) >= SHOWN_ONCE
