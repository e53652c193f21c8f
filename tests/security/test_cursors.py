"""Cursors are good for the list they were given with, and for no other."""

from __future__ import annotations

import re

import pytest
from rest_framework.test import APIClient

from jobs.models import User
from jobs.operations.members import add_member
from jobs.operations.projects import create_project

LISTS = (
    "/api/v1/tokens/",
    "/api/v1/users/",
    "/api/v1/projects/",
    "/api/v1/projects/moments/webhooks/",
    "/api/v1/projects/moments/baselines/",
    "/api/v1/projects/moments/views/",
    "/api/v1/projects/moments/selections/",
    "/api/v1/jobs/?project=moments",
    "/api/v1/groups/?project=moments",
    "/api/v1/datasets/?project=moments",
    "/api/v1/teachers/?project=moments",
    "/api/v1/registrations/?project=moments",
    "/api/v1/queues/",
    "/api/v1/workers/",
)


@pytest.fixture
def root(db: None) -> APIClient:
    user = User.objects.create_superuser(username="root", password="correct horse battery")
    project = create_project(name="Moments", user=user)
    for name in ("ada", "bob"):
        User.objects.create_user(username=name)
        add_member(project=project, username=name, role="viewer", user=user)
    client = APIClient(raise_request_exception=False)
    client.force_login(user)
    return client


def test_a_cursor_of_another_list_is_refused_in_a_sentence(root: APIClient) -> None:
    first = root.get("/api/v1/projects/moments/members/?limit=1")
    found = re.search(r"cursor=([^&>]+)", first["Link"])
    assert found is not None
    for address in LISTS:
        sign = "&" if "?" in address else "?"
        answer = root.get(f"{address}{sign}cursor={found[1]}")
        assert answer.status_code == 400, (address, answer.status_code)
        assert "cursor" in answer.json()["fields"], address
