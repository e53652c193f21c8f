"""Limits that an admin sets for a project."""

from __future__ import annotations

import pytest
from django.test import Client

from jobs.models import Project, User

URL = "/projects/moments/settings/"


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> Client:
    client = Client()
    client.force_login(people["admin"])
    return client


def test_limits_are_set_and_taken_away(admin: Client, project: Project) -> None:
    admin.post(URL, {"job_limit": "2", "keep_days": "30"})
    project.refresh_from_db()
    assert (project.job_limit, project.keep_days) == (2, 30)
    assert 'value="30"' in admin.get(URL).content.decode()
    admin.post(URL, {"job_limit": "", "keep_days": ""})
    project.refresh_from_db()
    assert (project.job_limit, project.keep_days) == (None, None)


@pytest.mark.parametrize(("field", "value"), [("job_limit", "-1"), ("keep_days", "0"), ("keep_days", "long")])
def test_a_limit_that_cannot_be_is_refused_at_its_field(admin: Client, field: str, value: str) -> None:
    answer = admin.post(URL, {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode()


def test_only_an_admin_is_led_there(admin: Client, editor: Client) -> None:
    assert URL in admin.get("/projects/moments/").content.decode()
    assert URL not in editor.get("/projects/moments/").content.decode()
