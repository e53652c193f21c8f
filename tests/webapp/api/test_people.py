"""Accounts and members of projects over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import authenticate
from rest_framework.test import APIClient

from jobs.models import Membership, Project, Scope, User
from jobs.operations.tokens import Power, create_token

MEMBERS = "/api/v1/projects/moments/members/"


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> APIClient:
    client = APIClient()
    client.force_authenticate(people["admin"])
    return client


@pytest.fixture
def operator(db: None) -> APIClient:
    root = User.objects.create_superuser(username="root")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=root, name='t')[1]}")
    return client


def test_members_come_change_and_go(admin: APIClient, people: dict[str, User]) -> None:
    added = admin.post(MEMBERS, {"username": "outsider", "role": "viewer"}, format="json")
    assert (added.status_code, added["Location"]) == (201, MEMBERS + "outsider/")
    assert added.json() == {"username": "outsider", "role": "viewer", "is_active": True}
    changed = admin.patch(MEMBERS + "outsider/", {"role": "editor"}, format="json")
    assert changed.json()["role"] == "editor"
    assert [row["username"] for row in admin.get(MEMBERS).json()] == ["admin", "editor", "outsider", "viewer"]
    assert admin.delete(MEMBERS + "outsider/").status_code == 204
    assert admin.delete(MEMBERS + "outsider/").status_code == 404
    assert not Membership.objects.filter(user=people["outsider"]).exists()


def test_members_are_listed_page_by_page(admin: APIClient) -> None:
    first = admin.get(MEMBERS + "?limit=2")
    following = first["Link"].split(";")[0].strip("<>")
    assert [row["username"] for row in first.json()] == ["admin", "editor"]
    assert [row["username"] for row in admin.get(following).json()] == ["viewer"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"username": "nobody", "role": "viewer"}, "username"),
        ({"username": "viewer", "role": "viewer"}, "username"),
        ({"username": "outsider", "role": "owner"}, "role"),
        ({"username": "outsider"}, "role"),
        ({"username": "outsider", "role": "viewer", "rank": 1}, "rank"),
    ],
)
def test_who_cannot_be_a_member_is_refused_by_field(
    admin: APIClient, asked: dict[str, Any], field: str
) -> None:
    answer = admin.post(MEMBERS, asked, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_the_last_admin_cannot_leave(admin: APIClient) -> None:
    assert admin.delete(MEMBERS + "admin/").status_code == 409
    answer = admin.patch(MEMBERS + "admin/", {"role": "viewer"}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (409, ["role"])


def test_an_account_is_opened_and_its_password_works(operator: APIClient) -> None:
    made = operator.post("/api/v1/users/", {"username": "eve"}, format="json")
    assert (made.status_code, made["Location"], made["Cache-Control"]) == (
        201,
        "/api/v1/users/eve/",
        "no-store",
    )
    assert authenticate(username="eve", password=made.json()["password"]) is not None
    assert "password" not in operator.get("/api/v1/users/eve/").json()
    changed = operator.patch("/api/v1/users/eve/", {"new_password": True}, format="json").json()
    assert changed["password"] != made.json()["password"]
    assert authenticate(username="eve", password=changed["password"]) is not None


def test_accounts_are_listed_with_their_projects(operator: APIClient, project: Project) -> None:
    rows = {row["username"]: row for row in operator.get("/api/v1/users/").json()}
    assert rows["editor"]["memberships"] == [{"project": "moments", "role": "editor"}]
    assert rows["root"]["is_superuser"] is True


def test_an_account_is_closed_and_raised_but_not_the_last_superuser(
    operator: APIClient, people: dict[str, User]
) -> None:
    closed = operator.patch("/api/v1/users/viewer/", {"is_active": False}, format="json").json()
    assert (closed["is_active"], closed["password"]) == (False, None)
    assert operator.patch("/api/v1/users/root/", {"is_superuser": False}, format="json").status_code == 409
    raised = operator.patch("/api/v1/users/editor/", {"is_superuser": True}, format="json").json()
    assert raised["is_superuser"] is True


@pytest.mark.parametrize("username", ["root", "ROOT", "a b", "a/b", ""])
def test_a_name_that_is_none_or_taken_is_refused(operator: APIClient, username: str) -> None:
    answer = operator.post("/api/v1/users/", {"username": username}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["username"])


def test_nobody_else_opens_accounts_nor_a_token_that_may_do_less_than_everything(
    people: dict[str, User],
) -> None:
    root = User.objects.create_superuser(username="root")
    scopes = [scope for scope in Scope if scope is not Scope.JOBS_WRITE]
    narrow = create_token(user=root, name="t", power=Power(scopes=scopes))[1]
    for user in (people["admin"], root):
        client = APIClient()
        if user is root:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {narrow}")
        else:
            client.force_authenticate(user)
        assert client.post("/api/v1/users/", {"username": "eve"}, format="json").status_code == 403
        assert client.get("/api/v1/users/nobody/").status_code == (404 if user is root else 403)
    assert not User.objects.filter(username="eve").exists()
