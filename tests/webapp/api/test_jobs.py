from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from jobs.models import Job, State, User
from jobs.operations.tokens import create_token, revoke_token
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob

SPEC = {"name": "by rest", "data": {"dataset": "world"}}


@pytest.fixture(autouse=True)
def _world(make_job: MakeJob) -> None:
    """A dataset, teachers, and a silent doorbell."""


def test_a_job_is_submitted_as_json(api: APIClient) -> None:
    answer = api.post("/api/v1/jobs/", {"project": "moments", "spec": SPEC}, format="json")
    job = Job.objects.get()
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/jobs/{job.pk}/"
    body = answer.json()
    assert (body["state"], body["name"], body["dataset"]) == ("queued", "by rest", "world")
    assert body["spec"]["optim"]["epochs"] == 20


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/api/v1/jobs/?project=moments", "name: by rest\ndata:\n  dataset: world\n"),
        ("/api/v1/jobs/", "project: moments\nspec:\n  name: by rest\n  data: {dataset: world}\n"),
    ],
)
def test_a_job_is_submitted_as_yaml(api: APIClient, address: str, text: str) -> None:
    answer = api.generic("POST", address, text, content_type="application/yaml")
    assert answer.status_code == 201, answer.content
    assert Job.objects.get().name == "by rest"


@pytest.mark.parametrize(
    ("spec", "field", "sentence"),
    [
        ({**SPEC, "epoks": 3}, "epoks", "this key is not known here"),
        ({**SPEC, "optim": {"epochs": 0}}, "optim.epochs", "given 0"),
        ({"data": {"dataset": "nowhere"}}, "data.dataset", "nowhere"),
        ({**SPEC, "method": {"kind": "emtm"}, "teachers": ["ghost"]}, "teachers.0.name", "ghost"),
        ({**SPEC, "student": {"net": {"family": "lstm"}}}, "student.net", "family"),
        ({}, "data", "required"),
    ],
)
def test_a_refused_spec_says_which_field_and_why(
    api: APIClient, spec: dict[str, object], field: str, sentence: str
) -> None:
    answer = api.post("/api/v1/jobs/", {"project": "moments", "spec": spec}, format="json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == 400
    assert any(path == field or path.startswith(field) or field.startswith(path) for path in body["fields"])
    assert sentence in json.dumps(body["fields"])
    assert body["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{", "application/json"),
        ("a: [", "application/yaml"),
        ("[1, 2]", "application/json"),
        ("x", "application/xml"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(api: APIClient, text: str, kind: str) -> None:
    answer = api.generic("POST", "/api/v1/jobs/", text, content_type=kind)
    assert answer.status_code in {400, 415}
    assert answer.json()["detail"].endswith(".")


def test_jobs_are_listed_newest_first_and_by_state(api: APIClient, make_job: MakeJob) -> None:
    one, two, three = make_job(), make_job(state=State.FAILED), make_job()

    def listed(query: str) -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/jobs/?project=moments{query}").json()]

    assert listed("") == [three.pk, two.pk, one.pk]
    assert listed("&state=failed") == [two.pk]


@pytest.mark.parametrize(
    "query", ["", "?project=moments&state=odd", "?project=moments&limit=0", "?project=moments&cursor=x"]
)
def test_a_senseless_question_is_refused_with_a_sentence(api: APIClient, query: str) -> None:
    answer = api.get(f"/api/v1/jobs/{query}")
    assert answer.status_code == 400
    assert answer.json()["fields"]


def test_a_job_is_read_with_its_attempts(api: APIClient, job: Job) -> None:
    EngineDouble().start(total_steps=40)
    body = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (body["state"], body["total_steps"]) == ("running", 40)
    assert body["attempts"][0]["number"] == 1
    assert sorted(body["teachers"]) == ["map2d", "span"]
    assert body["result"] is None


def test_the_result_is_part_of_a_finished_job(api: APIClient, job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.finish()
    body = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert body["result"]["metrics"]["r1@0.5"] == 0.55
    assert "blind" in body["result"]["baselines"]


def test_cancelling_twice_is_a_conflict_once_it_has_ended(api: APIClient, job: Job) -> None:
    first = api.put(f"/api/v1/jobs/{job.pk}/cancellation/")
    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    second = api.put(f"/api/v1/jobs/{job.pk}/cancellation/")
    assert second.status_code == 409
    assert "has ended already" in second.json()["detail"]


def test_only_a_succeeded_job_can_be_promoted(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/promotion/", {"name": "x"}, format="json")
    assert answer.status_code == 400
    assert "only a succeeded job" in answer.json()["detail"]


def test_promoting_answers_with_the_registration(api: APIClient, job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.finish(files={"student.safetensors": b"weights"})
    answer = api.post(f"/api/v1/jobs/{job.pk}/promotion/", {"name": "graduate"}, format="json")
    assert (answer.status_code, answer.json()["name"]) == (202, "graduate")
    assert (answer.json()["from_job"], answer.json()["kind"]) == (job.pk, "teacher")
    assert answer["Location"] == f"/api/v1/registrations/{answer.json()['id']}/"


def test_a_job_of_strangers_does_not_exist(people: dict[str, User], job: Job) -> None:
    client = APIClient()
    client.force_authenticate(people["outsider"])
    answer = client.get(f"/api/v1/jobs/{job.pk}/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_token_that_is_wrong_or_revoked_is_refused(people: dict[str, User]) -> None:
    token, secret = create_token(user=people["editor"], name="x")
    revoke_token(token=token)
    for value in (f"Bearer {secret}", "Bearer mtkd_wrong", "Bearer "):
        answer = APIClient().get("/api/v1/projects/", HTTP_AUTHORIZATION=value)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_needs_the_protection_token_to_write(people: dict[str, User], job: Job) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(people["editor"])
    assert client.get("/api/v1/projects/").status_code == 200
    assert client.put(f"/api/v1/jobs/{job.pk}/cancellation/").status_code == 403
