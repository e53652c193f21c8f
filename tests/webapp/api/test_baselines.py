"""Gates and baselines over REST."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Baseline, Job, Project, User
from jobs.operations.baselines import set_baseline
from jobs.operations.tokens import create_token
from mtkd_engine.spec import dump_yaml, parse
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob

pytestmark = pytest.mark.django_db
GATE = "test/miou >= baseline(main) - 0.005"


@pytest.fixture
def done(make_job: MakeJob) -> Job:
    """A job that has succeeded with an mIoU on test."""
    job = make_job()
    double = EngineDouble()
    double.start()
    double.finish()
    job.refresh_from_db()
    return job


@pytest.fixture
def admin_api(people: dict[str, User], project: Project) -> APIClient:
    client = APIClient()
    _, secret = create_token(user=people["admin"], name="test")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def address(project: Project, name: str = "") -> str:
    return f"/api/v1/projects/{project.slug}/baselines/" + (f"{name}/" if name else "")


def test_a_name_is_given_read_listed_and_taken_away(api: APIClient, project: Project, done: Job) -> None:
    answer = api.put(address(project, "main"), {"job": done.pk}, format="json")
    assert answer.status_code == 200, answer.json()
    said = answer.json()
    assert (said["name"], said["job"], said["set_by"]) == ("main", done.pk, "editor")
    assert said["final_metrics"]["test/miou"] == done.result["metrics"]["miou"]
    assert api.get(address(project, "main")).json() == said
    assert api.get(address(project)).json() == [said]
    assert api.get(f"/api/v1/jobs/{done.pk}/").json()["baselines"] == ["main"]
    assert api.delete(address(project, "main")).status_code == 204
    assert api.delete(address(project, "main")).status_code == 404
    assert api.get(address(project)).json() == []


@pytest.mark.parametrize("body", [{}, {"job": "x"}, {"job": 0}, {"job": 2**61}, {"job": 1, "name": "x"}])
def test_what_is_no_job_of_the_project_is_refused(
    api: APIClient, project: Project, body: dict[str, Any]
) -> None:
    answer = api.put(address(project, "main"), body, format="json")
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) & {"job", "name"}


def test_a_name_that_is_none_is_refused(api: APIClient, project: Project, done: Job) -> None:
    answer = api.put(address(project, "a b"), {"job": done.pk}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])


def test_the_job_of_a_baseline_is_not_deleted(
    admin_api: APIClient, project: Project, done: Job, people: Any
) -> None:
    set_baseline(project=project, user=people["admin"], name="main", job_id=done.pk)
    answer = admin_api.delete(f"/api/v1/jobs/{done.pk}/")
    assert answer.status_code == 409
    assert "is baseline 'main' of its project" in answer.json()["detail"]
    assert Baseline.objects.get().job == done


def test_the_policy_is_set_and_refused_by_the_place_of_a_rule(admin_api: APIClient, project: Project) -> None:
    where = f"/api/v1/projects/{project.slug}/"
    answer = admin_api.patch(where, {"gates": [GATE, "miou"]}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["gates.1"])
    assert admin_api.patch(where, {"gates": [GATE]}, format="json").json()["gates"] == [GATE]
    assert admin_api.get(where).json()["gates"] == [GATE]


@pytest.mark.parametrize("content_type", ["application/json", "application/yaml"])
def test_a_submitted_spec_brings_its_gates_and_the_job_tells_what_came_of_them(
    api: APIClient, project: Project, dataset: Any, content_type: str
) -> None:
    spec = parse({"data": {"dataset": dataset.label}, "gates": ["val/miou > 2", GATE]})
    body: Any = dump_yaml(spec)
    if content_type == "application/json":
        body = spec.model_dump_json()
    asked = api.generic("POST", f"/api/v1/jobs/?project={project.slug}", body, content_type=content_type)
    assert asked.status_code == 201, asked.content
    job = asked.json()
    assert (job["gate_outcome"], job["gates"], job["final_metrics"]) == ("", [], {})
    double = EngineDouble()
    double.start()
    double.finish()
    ended = api.get(f"/api/v1/jobs/{job['id']}/").json()
    assert ended["gate_outcome"] == "failed"
    assert [gate["rule"] for gate in ended["gates"]] == ["val/miou > 2", GATE]
    assert ended["gates"][1] == {
        "rule": GATE,
        "of": "spec",
        "passed": False,
        "left": None,
        "right": None,
        "sentence": "The project has no baseline 'main'; there is none.",
    }
    (listed,) = api.get(f"/api/v1/jobs/?project={project.slug}").json()
    assert listed["gate_outcome"] == "failed"
    assert "gates" not in listed


def test_a_refused_gate_is_named_by_its_place(api: APIClient, project: Project, dataset: Any) -> None:
    spec = {"data": {"dataset": dataset.label}, "gates": [GATE, "miou is good"]}
    answer = api.post("/api/v1/jobs/", {"project": project.slug, "spec": spec}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["gates.1"])


def test_a_group_takes_gates_and_tells_what_came_of_them(
    api: APIClient, project: Project, dataset: Any
) -> None:
    document = {"data": {"dataset": dataset.label}, "seeds": [1, 2], "gates": ["worst(test/miou) > 0"]}
    asked = api.post("/api/v1/groups/", {"project": project.slug, "document": document}, format="json")
    assert asked.status_code == 201, asked.json()
    for _ in range(2):
        assert api.get(f"/api/v1/groups/{asked.json()['id']}/").json()["gate_outcome"] == ""
        double = EngineDouble()
        double.start()
        double.finish()
    ended = api.get(f"/api/v1/groups/{asked.json()['id']}/").json()
    assert (ended["gate_outcome"], ended["gates"][0]["passed"]) == ("passed", True)
    (listed,) = api.get(f"/api/v1/groups/?project={project.slug}").json()
    assert listed["gate_outcome"] == "passed"
