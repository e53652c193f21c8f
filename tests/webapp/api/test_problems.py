"""Every refusal is problem JSON with one sentence and the fields it is about, whoever refuses."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Job, User

KEYS = {"type", "title", "status", "detail", "fields"}


def checked(answer: Any, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = answer.json()
    assert set(body) >= KEYS
    assert (body["status"], body["detail"][-1]) == (status, ".")
    return body


def test_who_is_not_known_is_told_so(job: Job) -> None:
    answer = APIClient().get(f"/api/v1/jobs/{job.pk}/")
    assert checked(answer, 401)["fields"] == {}
    assert answer["WWW-Authenticate"] == "Bearer"


def test_who_may_not_is_told_what_is_needed(people: dict[str, User], job: Job) -> None:
    client = APIClient()
    client.force_authenticate(people["viewer"])
    assert "editor role" in checked(client.put(f"/api/v1/jobs/{job.pk}/cancellation/"), 403)["detail"]


@pytest.mark.parametrize("address", ["/api/v1/jobs/999999/", "/api/v1/nowhere/", "/api/v1/jobs/-1/", "/api/"])
def test_where_there_is_nothing_that_is_said(api: APIClient, address: str) -> None:
    checked(api.get(address), 404)


def test_a_method_that_an_address_lacks_is_refused_with_those_it_has(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/log/", {}, format="json")
    checked(answer, 405)
    assert "GET" in answer["Allow"]


def test_a_body_in_another_form_is_refused(api: APIClient, job: Job) -> None:
    answer = api.generic("PUT", f"/api/v1/jobs/{job.pk}/retry/", "<a/>", content_type="text/xml")
    checked(answer, 415)


def test_any_accept_header_is_answered_with_json(api: APIClient, job: Job) -> None:
    answer = api.get(f"/api/v1/jobs/{job.pk}/", HTTP_ACCEPT="image/png")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"project": "moments", "spec": {"data": {"dataset": "world"}, "optim": {"lr": -1}}}, "optim.lr"),
        ({"project": "moments", "spec": {"data": {}}}, "data.dataset"),
        ({"project": "moments", "spec": {}, "priority": "x"}, "priority"),
        ({"spec": {}}, "project"),
        ([], ""),
    ],
)
def test_a_refused_field_is_named_by_its_path(api: APIClient, job: Job, body: Any, path: str) -> None:
    assert path in checked(api.post("/api/v1/jobs/", body, format="json"), 400)["fields"]
