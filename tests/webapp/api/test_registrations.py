from __future__ import annotations

import time

import pytest
from rest_framework.test import APIClient

from jobs.models import Project, Registration, RegistrationState


@pytest.fixture
def registration(project: Project) -> Registration:
    return Registration.objects.create(
        project=project,
        kind="dataset",
        name="tiny",
        state=RegistrationState.WAITING,
        report={"repairs": [{"name": "clip_windows"}]},
    )


def test_registrations_are_listed_newest_first_and_page_by_page(
    api: APIClient, project: Project, registration: Registration
) -> None:
    other = Registration.objects.create(project=project, kind="teacher", name="span")

    def listed(query: str = "") -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/registrations/?project=moments{query}").json()]

    assert listed() == [other.pk, registration.pk]
    assert listed("&limit=1") == [other.pk]
    following = (
        api.get("/api/v1/registrations/?project=moments&limit=1")["Link"].partition(">")[0].lstrip("<")
    )
    assert [row["id"] for row in api.get(following).json()] == [registration.pk]
    assert api.get("/api/v1/registrations/").status_code == 400


def test_a_registration_tells_everything(api: APIClient, registration: Registration) -> None:
    body = api.get(f"/api/v1/registrations/{registration.pk}/").json()
    assert body["report"] == registration.report
    assert (body["project"], body["state"], body["dataset"], body["accepted"]) == (
        *("moments", "waiting", None),
        None,
    )
    assert {"part", "done", "of", "sentence", "started_at", "finished_at", "uploads"} <= set(body)


def test_waiting_ends_at_once_when_nothing_is_at_work(api: APIClient, registration: Registration) -> None:
    began = time.monotonic()
    assert api.get(f"/api/v1/registrations/{registration.pk}/?wait=60").json()["state"] == "waiting"
    assert time.monotonic() - began < 5


def test_waiting_ends_after_the_seconds_that_were_given(api: APIClient, registration: Registration) -> None:
    Registration.objects.filter(pk=registration.pk).update(state=RegistrationState.CHECKING)
    began = time.monotonic()
    assert api.get(f"/api/v1/registrations/{registration.pk}/?wait=1").json()["state"] == "checking"
    assert 0.9 < time.monotonic() - began < 10
    assert api.get(f"/api/v1/registrations/{registration.pk}/?wait=61").status_code == 400


def test_a_decision_is_put(api: APIClient, registration: Registration) -> None:
    address = f"/api/v1/registrations/{registration.pk}/decision/"
    assert api.put(address, {"accept": ["burn"]}, format="json").status_code == 409
    assert api.put(address, {}, format="json").status_code == 400
    answer = api.put(address, {"accept": ["clip_windows"]}, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["accepted"]) == (
        *(200, "queued"),
        ["clip_windows"],
    )
    assert api.put(address, {"accept": []}, format="json").status_code == 409


def test_cancelling_twice_is_a_conflict_once_it_has_ended(api: APIClient, registration: Registration) -> None:
    address = f"/api/v1/registrations/{registration.pk}/cancellation/"
    assert api.put(address).json()["state"] == "cancelled"
    assert api.put(address).status_code == 409


@pytest.mark.parametrize(
    "query", ["limit=" + "0" * 18 + "50" + "0" * 9, "cursor=" + "9" * 5000, "limit=%00", "limit=201"]
)
def test_numbers_beyond_their_bounds_are_refused(api: APIClient, project: Project, query: str) -> None:
    assert api.get(f"/api/v1/registrations/?project=moments&{query}").status_code == 400


def test_a_nul_in_the_address_is_refused(api: APIClient, project: Project) -> None:
    assert api.get("/api/v1/registrations/?project=mo%00ments").status_code == 400


def test_a_field_that_nobody_knows_is_refused(api: APIClient, project: Project) -> None:
    body = {"project": "moments", "name": "span", "path": "/x", "splitt": "val"}
    answer = api.post("/api/v1/teachers/", body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["splitt"]
    assert "accepted are project, name, path, uploads, card, dataset, split" in answer.json()["detail"]
