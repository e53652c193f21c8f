from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from jobs.models import Project, SavedView

VIEWS = "/api/v1/projects/moments/views/"


def test_a_view_is_saved_listed_changed_and_deleted(api: APIClient) -> None:
    made = api.post(VIEWS, {"name": "best", "address": "?q=tag:ci&cursor=x"}, format="json")
    assert made.status_code == 201
    one = made["Location"]
    assert made.json()["address"] == "q=tag%3Aci"
    assert made.json()["created_by"] == "editor"
    assert api.get(VIEWS).json() == [api.get(one).json()]
    assert api.patch(one, {"name": "worst"}, format="json").json()["name"] == "worst"
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "taken", "address": ""}, "name"),
        ({"name": "", "address": ""}, "name"),
        ({"name": "x"}, "address"),
        ({"name": "x", "address": "", "q": "x"}, "q"),
    ],
)
def test_a_view_that_cannot_be_is_refused_at_its_field(
    api: APIClient, project: Project, body: dict[str, str], field: str
) -> None:
    SavedView.objects.create(project=project, name="taken")
    answer = api.post(VIEWS, body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_a_view_of_another_project_is_not_there(api: APIClient) -> None:
    other = Project.objects.create(name="Other", slug="other")
    view = SavedView.objects.create(project=other, name="theirs")
    assert api.get(f"{VIEWS}{view.pk}/").status_code == 404
