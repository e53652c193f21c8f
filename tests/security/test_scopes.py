"""A token does what its scopes say and nothing else, whatever its user may do: every REST address is asked by
every method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from jobs.models import Project, Scope, User
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, create_token
from webapp.permissions import PERMISSIONS
from webapp.scopes import AREAS, JOBS, READING

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
GIVEN: dict[str, Any] = {
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "IntConverter": 2**31 - 1,  # the number of nothing: a DELETE must not revoke the very token that asks
    "SlugConverter": "moments",
    "StringConverter": "x",
    "PathConverter": "x",
}


def addresses() -> list[tuple[str, str]]:
    """Every REST address of the site by its name, with something for each of its parts."""
    return sorted(
        (str(found.name), reverse(str(found.name), kwargs=_parts(found)))
        for found in _patterns(get_resolver().url_patterns)
        if str(found.name).startswith("api-")
    )


def _patterns(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern


def _parts(pattern: URLPattern) -> dict[str, Any]:
    return {name: GIVEN[type(kind).__name__] for name, kind in pattern.pattern.converters.items()}


@pytest.fixture
def root(db: None) -> User:
    """A superuser, so that no refusal is one of a role."""
    user = User.objects.create_superuser(username="root", password="correct horse battery")
    create_project(name="Moments", user=user)
    return user


def client_with(user: User, *scopes: Scope, project: Project | None = None) -> APIClient:
    client = APIClient(raise_request_exception=False)
    _, secret = create_token(user=user, name="t", power=Power(scopes=scopes, project=project))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def asked(client: APIClient, method: str, address: str) -> str:
    """Whether a token was let in, or which scopes it was told that it lacks."""
    answer = client.generic(method, address, data="{}", content_type="application/json")
    answer.getvalue()  # reads and closes what is sent as a file
    if answer.status_code != 403:
        return "let in"
    return "refused" if method == "HEAD" else str(answer.json()["detail"])


def test_every_rest_address_has_an_area_and_nothing_else_does() -> None:
    routes = {route for route, _ in addresses()}
    assert routes == set(AREAS)
    assert routes == {route for route in PERMISSIONS if route.startswith("api-")}


def test_a_token_with_jobs_read_can_read_jobs_and_do_nothing_else(root: User) -> None:
    client = client_with(root, Scope.JOBS_READ)
    let_in, refused = set(), set()
    for route, address in addresses():
        for method in METHODS:
            found = let_in if asked(client, method, address) == "let in" else refused
            found.add((route, method))
    reading = {(route, method) for route, area in AREAS.items() if area == JOBS for method in READING}
    open_to_all = {route for route, area in AREAS.items() if area is None}
    assert {case for case in let_in if case[0] not in open_to_all} == reading
    assert open_to_all == {"api-schema", "api-account"}
    assert refused  # and so the two sets above are a division of all addresses and methods


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_opens_its_area_and_a_refusal_names_the_one_that_lacks(root: User, scope: Scope) -> None:
    client = client_with(root, scope)
    for route, address in addresses():
        area = AREAS[route]
        for method in ("GET", "POST", "DELETE"):
            needed = () if area is None else area[0 if method in READING else 1]
            missing = [other.value for other in needed if other is not scope]
            said = asked(client, method, address)
            if missing:
                assert all(other in said for other in missing), (route, method, said)
            else:
                assert "scope" not in said, (route, method, said)


def test_an_address_without_an_area_is_open_to_no_token(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(AREAS, "api-queues")  # type: ignore[arg-type]
    client = client_with(root, *Scope)
    assert client.get("/api/v1/queues/").status_code == 403
    client.credentials()
    client.force_authenticate(root)
    assert client.get("/api/v1/queues/").status_code == 200


@pytest.mark.parametrize(
    "address", ["/", "/projects/moments/", "/projects/moments/settings/", "/people/", "/account/tokens/"]
)
def test_a_token_opens_no_page(root: User, address: str) -> None:
    answer = client_with(root, *Scope).get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")


def test_a_session_has_all_scopes(root: User) -> None:
    client = APIClient()
    client.force_login(root)
    assert client.get("/api/v1/queues/").status_code == 200
    answer = client.post("/api/v1/tokens/", {"name": "t", "scopes": ["jobs:write"]}, format="json")
    assert answer.status_code == 201
