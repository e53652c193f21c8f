"""The account, its password and its tokens over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import ApiToken, Project, Scope, User
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, authenticate_token, create_token
from tests.webapp.conftest import PASSWORD
from webapp.api.limits import counter
from webapp.throttle import MOST_FAILURES

NEW = "battery staple correct"
PASSWORD_ADDRESS = "/api/v1/account/password/"


def client_with(user: User, *scopes: str, project: Project | None = None, **more: Any) -> APIClient:
    power = Power(scopes=scopes or tuple(Scope), project=project, **more)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, name='ci', power=power)[1]}")
    return client


def test_an_account_says_who_asks_and_what_the_token_may_do(
    people: dict[str, User], project: Project
) -> None:
    client = client_with(people["editor"], "jobs:read", project=project)
    assert client.get("/api/v1/account/").json() == {
        "user": "editor",
        "is_operator": False,
        "token": {"name": "ci", "scopes": ["jobs:read"], "project": "moments", "expires_at": None},
    }
    client = APIClient()
    assert client.get("/api/v1/account/").status_code == 401
    client.force_login(people["editor"])
    assert client.get("/api/v1/account/").json()["token"] is None


def test_a_bound_token_of_a_superuser_does_not_operate(project: Project) -> None:
    root = User.objects.create_superuser(username="root")
    bound = client_with(root, project=project)
    assert bound.get("/api/v1/account/").json()["is_operator"] is False
    assert bound.get("/api/v1/users/").status_code == 403
    assert bound.put("/api/v1/workers/1/drain/", {}, format="json").status_code == 403
    assert client_with(root).get("/api/v1/account/").json()["is_operator"] is True


def test_a_token_is_made_listed_and_revoked(api: APIClient, people: dict[str, User]) -> None:
    end = (timezone.now() + timedelta(days=3)).isoformat()
    asked = {"name": "nightly", "scopes": ["jobs:read"], "project": "moments", "expires_at": end}
    answer = api.post("/api/v1/tokens/", asked, format="json")
    made = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    token = authenticate_token(made["secret"])
    assert token is not None
    assert (token.user, token.scopes) == (people["editor"], ["jobs:read"])
    rows = api.get("/api/v1/tokens/?limit=1")
    del made["secret"]
    assert rows.json() == [made | {"last_used_at": rows.json()[0]["last_used_at"]}]
    assert 'rel="next"' in rows["Link"]
    assert api.delete(f"/api/v1/tokens/{token.pk}/").status_code == 204
    assert api.delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    assert [row["name"] for row in api.get("/api/v1/tokens/").json()] == ["test"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["jobs:fly"]}, "scopes"),
        ({"project": "elsewhere"}, "project"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"days": 3}, "days"),
    ],
)
def test_a_token_that_cannot_be_is_refused_by_field(
    api: APIClient, people: dict[str, User], changes: dict[str, Any], field: str
) -> None:
    create_project(name="Elsewhere", user=people["outsider"])
    asked = {"name": "nightly", "scopes": ["jobs:read"], **changes}
    answer = api.post("/api/v1/tokens/", asked, format="json")
    assert answer.status_code == 400
    assert [name.partition(".")[0] for name in answer.json()["fields"]] == [field]


def test_a_token_makes_and_revokes_none_that_may_do_more(people: dict[str, User], project: Project) -> None:
    wide, _ = create_token(user=people["editor"], name="wide", power=Power(project=project))
    end = timezone.now() + timedelta(days=2)
    client = client_with(people["editor"], "projects:write", "jobs:read", project=project, expires_at=end)
    made = client.post("/api/v1/tokens/", {"name": "x", "scopes": ["jobs:read"]}, format="json").json()
    token = ApiToken.objects.get(pk=made["id"])
    assert (token.project, token.expires_at) == (project, end)
    for more in ({"scopes": ["jobs:write"]}, {"project": None}, {"expires_at": None}):
        asked = {"name": "y", "scopes": ["jobs:read"], **more}
        answer = client.post("/api/v1/tokens/", asked, format="json")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, list(more))
    assert client.delete(f"/api/v1/tokens/{wide.pk}/").status_code == 403
    assert client.delete(f"/api/v1/tokens/{token.pk}/").status_code == 204


def test_a_bound_token_knows_of_no_token_beyond_its_project(
    people: dict[str, User], project: Project
) -> None:
    free, _ = create_token(user=people["editor"], name="free", power=Power(scopes=["jobs:read"]))
    client = client_with(people["editor"], project=project)
    assert [row["name"] for row in client.get("/api/v1/tokens/").json()] == ["ci"]
    assert client.delete(f"/api/v1/tokens/{free.pk}/").status_code == 404


def test_a_bound_token_makes_no_project_and_sees_one(people: dict[str, User], project: Project) -> None:
    create_project(name="Second", user=people["editor"])
    client = client_with(people["editor"], project=project)
    assert [row["slug"] for row in client.get("/api/v1/projects/").json()] == ["moments"]
    assert client.get("/api/v1/projects/second/").status_code == 404
    answer = client.post("/api/v1/projects/", {"name": "Third"}, format="json")
    assert answer.status_code in {403, 405}
    assert Project.objects.count() == 2


def test_the_password_changes_for_who_knows_the_present_one(people: dict[str, User]) -> None:
    client = APIClient()
    client.force_login(people["viewer"])
    answer = client.put(PASSWORD_ADDRESS, {"current": PASSWORD, "new": NEW}, format="json")
    assert answer.status_code == 204
    assert User.objects.get(username="viewer").check_password(NEW)
    assert client.get("/api/v1/account/").status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"current": "wrong", "new": NEW}, "current"),
        ({"current": PASSWORD, "new": "password"}, "new"),
        ({"current": PASSWORD}, "new"),
    ],
)
def test_a_password_is_refused_by_field(people: dict[str, User], asked: dict[str, str], field: str) -> None:
    answer = client_with(people["viewer"]).put(PASSWORD_ADDRESS, asked, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert User.objects.get(username="viewer").check_password(PASSWORD)


def test_a_narrow_token_changes_no_password_even_with_the_present_one(
    people: dict[str, User], project: Project
) -> None:
    asked = {"current": PASSWORD, "new": NEW}
    narrow = client_with(people["viewer"], "projects:write", "system:write")
    assert "jobs:read" in narrow.put(PASSWORD_ADDRESS, asked, format="json").json()["detail"]
    assert client_with(people["viewer"], project=project).put(PASSWORD_ADDRESS, asked).status_code == 403
    assert User.objects.get(username="viewer").check_password(PASSWORD)


def test_a_password_cannot_be_guessed_by_a_token(people: dict[str, User]) -> None:
    client = client_with(people["viewer"])
    for _ in range(MOST_FAILURES):
        client.put(PASSWORD_ADDRESS, {"current": "wrong", "new": NEW}, format="json")
    answer = client.put(PASSWORD_ADDRESS, {"current": PASSWORD, "new": NEW}, format="json")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "too many wrong passwords from this address" in answer.json()["detail"]


def test_a_password_that_may_not_be_tried_is_refused_while_calls_are_not_counted(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "count", lambda name: None)
    monkeypatch.setattr("webapp.throttle.is_blocked", lambda request: True)
    asked = {"current": PASSWORD, "new": NEW}
    assert client_with(people["viewer"]).put(PASSWORD_ADDRESS, asked, format="json").status_code == 429
