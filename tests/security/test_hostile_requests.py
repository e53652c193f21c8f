"""What strangers send is answered by a sentence, never by a mistake of ours, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from jobs.models import Dataset, Job, Project, User
from jobs.operations.projects import create_project

pytestmark = pytest.mark.django_db
SPEC = {"data": {"dataset": "world"}}


@pytest.fixture
def project(settings: Settings, tmp_path: Path) -> Project:
    settings.MTKD_HOME = tmp_path / "home"
    settings.STORAGE = tmp_path / "home" / "storage"
    settings.DATA_ROOTS = [tmp_path / "data"]
    user = User.objects.create_user(username="ada")
    project = create_project(name="Moments", user=user)
    report = {"feature_width": 8}
    Dataset.objects.create(project=project, name="world", content_hash="d" * 64, report=report)
    return project


@pytest.fixture
def client(project: Project) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(User.objects.get())
    return client


def refused(answer: Any) -> str:
    assert answer.status_code == 400, answer.content
    assert not Job.objects.exists()
    detail = answer.json()["detail"]
    assert isinstance(detail, str)
    assert detail.endswith(".")
    return detail


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("json", json.dumps({**SPEC, "name": "a\x00"}), "name: given"),
        ("json", json.dumps({"data": {"dataset": "w\x00"}}), "data.dataset: given"),
        ("json", "[" * 100_000, "nested too deeply"),
        ("json", "{}" + " " * 300_000, "up to 262,144 bytes"),
        ("json", '{"seed": NaN}', "NaN is not a number"),
        ("yaml", "name: 2020-13-45", "not readable YAML"),
        ("yaml", "[" * 50_000, "levels deep"),
        ("yaml", "a: &a [x]\nb: [*a, *a]", "anchors"),
        ("yaml", "seed: " + "9" * 5000, "not readable YAML"),
        ("yaml", "#" * 300_000, "up to 262,144 bytes"),
        ("yaml", b"name: \xff", "not UTF-8"),
    ],
)
def test_a_hostile_spec_is_refused(
    client: APIClient, project: Project, kind: str, body: str | bytes, words: str
) -> None:
    address = f"/api/v1/jobs/?project={project.slug}"
    assert words in refused(client.post(address, data=body, content_type=f"application/{kind}"))


@pytest.mark.parametrize("path", ["/etc", "a" * 900, "/" + "a" * 900, "../x", "/proc/self/environ"])
def test_a_path_that_leads_nowhere_is_refused(
    client: APIClient, project: Project, path: str, settings: Settings
) -> None:
    for noun in ("datasets", "teachers"):
        body = {"project": project.slug, "name": "x", "path": path}
        assert "accepted is an absolute path inside" in refused(client.post(f"/api/v1/{noun}/", body, "json"))
    assert not Path(settings.STORAGE).exists()


def test_a_name_too_long_for_a_disk_is_refused(
    client: APIClient, project: Project, settings: Settings
) -> None:
    path = str(settings.DATA_ROOTS[0] / ("a" * 300))
    body = {"project": project.slug, "name": "x", "path": path}
    assert "path: given" in refused(client.post("/api/v1/datasets/", body, "json"))


@pytest.mark.parametrize("address", ["users/a%00b/", "projects/moments/members/%00/", "jobs/1/artifacts/%00"])
def test_an_address_with_a_nul_leads_nowhere(client: APIClient, address: str) -> None:
    client.force_authenticate(User.objects.create_superuser(username="root"))
    for method in ("GET", "PATCH", "DELETE"):
        answer = client.generic(method, f"/api/v1/{address}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
