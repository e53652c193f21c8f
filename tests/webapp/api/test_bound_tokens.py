"""A token that is bound to a project opens nothing of another one, whatever its user may do there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.urls import get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import (
    Baseline,
    Dataset,
    Delivery,
    Group,
    Job,
    Membership,
    Prediction,
    Project,
    Registration,
    Role,
    SavedView,
    Selection,
    State,
    Teacher,
    Upload,
    User,
    Webhook,
)
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, create_token
from tests.security.test_scopes import METHODS, _patterns
from tests.webapp.conftest import MakeJob
from webapp.permissions import PERMISSIONS, Who

OF_EVERYBODY = ("api-schema", "api-account", "api-tokens", "api-projects", "api-prometheus")
"""Addresses that belong to no project and give what a token may see of them."""
OF_SEVERAL = {
    "api-jobs": "project",
    "api-job-table-file": "project",
    "api-groups": "project",
    "api-datasets": "project",
    "api-teachers": "project",
    "api-registrations": "project",
    "api-uploads": "project",
    "api-overlay": "jobs",
    "api-compare": "jobs",
    "api-compare-weights": "jobs",
    "api-compare-samples": "jobs",
}


@pytest.fixture
def things(
    project: Project, people: dict[str, User], make_job: MakeJob, dataset: Dataset, teachers: list[Teacher]
) -> dict[str, Any]:
    """One thing of every kind in the project, by the name that addresses have for it."""
    user = people["admin"]
    job = make_job(state=State.SUCCEEDED)
    hook = Webhook.objects.create(project=project, url="https://example.org/", events=[], secret="whsec_AAAA")
    made: dict[str, Model] = {
        "job_id": job,
        "group_id": Group.objects.create(project=project, name="study", document={}),
        "dataset_id": dataset,
        "teacher_id": teachers[0],
        "registration_id": Registration.objects.create(
            project=project, user=user, kind="dataset", name="new", state="registered"
        ),
        "webhook_id": hook,
        "delivery_id": Delivery.objects.create(
            webhook=hook, message_id="msg_1", event="test", body="{}", next_at=timezone.now()
        ),
        "view_id": SavedView.objects.create(project=project, name="mine", address="q=a", created_by=user),
        "upload_id": Upload.objects.create(project=project, user=user, name="a.npy", size=3),
        "prediction_id": Prediction.objects.create(job=job, sentence="a door opens"),
        "selection_id": Selection.objects.create(
            project=project, dataset=dataset, created_by=user, name="few", from_job=job, count=1
        ),
    }
    Baseline.objects.create(project=project, name="main", job=job, set_by=user)
    return {name: row.pk for name, row in made.items()} | {
        "slug": project.slug,
        "row": 0,
        "name": "main",
        "form": "csv",
        "of": "density",
        "username": "viewer",
        "worker_id": 1,
        "token_id": 1,
    }


@pytest.fixture
def bound(people: dict[str, User], project: Project) -> APIClient:
    """An admin of both projects who comes by a token of the other one."""
    other = create_project(name="Other", user=people["admin"])
    assert Membership.objects.filter(user=people["admin"], role=Role.ADMIN).count() == 2
    _, secret = create_token(user=people["admin"], name="t", power=Power(project=other))
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_every_address_about_a_project_is_closed_to_it(bound: APIClient, things: dict[str, Any]) -> None:
    before = {kind: kind.objects.count() for kind in (Job, Upload, Webhook, SavedView, Baseline, Membership)}
    opened = []
    for pattern in _patterns(get_resolver().url_patterns):
        route = str(pattern.name)
        if not route.startswith("api-") or route in OF_EVERYBODY:
            continue
        rule = PERMISSIONS[route]
        if rule is Who.USER or rule is Who.OPERATOR:
            continue
        parts = {name: things[name] for name in pattern.pattern.converters}
        address = reverse(route, kwargs=parts)
        address += f"?project={things['slug']}&jobs={things['job_id']}&name=a" if route in OF_SEVERAL else ""
        for method in METHODS:
            body = (
                '{"project": "moments", "action": "cancel", "q": "", "spec": {"data": {"dataset": "world"}}}'
            )
            answer = bound.generic(method, address, data=body, content_type="application/json")
            answer.getvalue()
            closed = {403, 404, 405, 415} | ({400} if method == "POST" else set())  # bodies are read first
            if method != "OPTIONS" and answer.status_code not in closed:
                opened.append((route, method, answer.status_code))
    assert not opened
    assert {kind: kind.objects.count() for kind in before} == before


def test_it_names_no_other_project_in_lists(bound: APIClient, things: dict[str, Any]) -> None:
    for address in ("/api/v1/projects/", "/api/v1/tokens/", "/api/v1/account/", "/api/v1/workers/"):
        assert "moments" not in bound.get(address).content.decode().lower()


def test_it_opens_neither_pages_nor_jobs_among_others(bound: APIClient, things: dict[str, Any]) -> None:
    assert bound.get(f"/jobs/{things['job_id']}/").status_code == 302
    assert bound.get(f"/compare/?jobs={things['job_id']}").status_code == 302


def test_no_bulk_action_or_baseline_reaches_into_another_project(
    bound: APIClient, things: dict[str, Any]
) -> None:
    asked = {"project": "other", "action": "archive", "jobs": [things["job_id"]]}
    answer = bound.post("/api/v1/jobs/actions/", asked, format="json")
    assert [row["done"] for row in answer.json()["results"]] == [False]
    asked = {"project": "other", "action": "archive", "q": f"id:{things['job_id']}"}
    assert bound.post("/api/v1/jobs/actions/", asked, format="json").status_code == 400
    taken = bound.put("/api/v1/projects/other/baselines/main/", {"job": things["job_id"]}, format="json")
    assert taken.status_code == 400
    asked = {"kind": "dataset", "project": "other", "name": "stolen", "uploads": [str(things["upload_id"])]}
    assert bound.post("/api/v1/datasets/", asked, format="json").status_code == 400
