"""Every route stands in the table, and refuses whom the table says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker, Settings

from jobs.models import ApiToken, Baseline, SavedView, User
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, create_token
from tests.cheaper import rows_of_many_tests
from tests.webapp.one_world import NAME, VIEW, World, cookie_of, make_world
from tests.webapp.routes import CASES, OF_A_PROJECT, WANTED
from webapp.live.routing import websocket_urlpatterns
from webapp.permissions import PERMISSIONS, Who, needed

STANDINGS = {
    "stranger": Who.ANYONE,
    "outsider": Who.USER,
    "viewer": Who.VIEWER,
    "editor": Who.EDITOR,
    "admin": Who.ADMIN,
}
ONE_TOKEN = {"token-revocation", "api-token"}


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        found |= names(pattern.url_patterns) if isinstance(pattern, URLResolver) else {str(pattern.name)}
    return found


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.pages.health.readiness", list)


def test_every_route_of_the_site_stands_in_the_table_and_nothing_else_does() -> None:
    routes = names(get_resolver().url_patterns) | {str(p.name) for p in websocket_urlpatterns}
    assert routes == set(PERMISSIONS)


@pytest.fixture(scope="module")
def standing() -> None:
    """The people of a module would have the names of those of the world."""


@pytest.fixture(scope="class")
def world(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    places = {"MTKD_HOME": folder / "home", "STORAGE": folder / "home" / "storage"}

    def make() -> World:
        with pytest.MonkeyPatch.context() as patch, override_settings(**places):
            patch.setattr("jobs.operations.jobs.ring", lambda queue: None)
            return make_world(folder)

    with rows_of_many_tests(django_db_blocker, make) as made:
        yield made


class TestOneWorld:
    """Its rows are made once; each test takes back what it changed, and has a copy of the files."""

    @pytest.fixture(autouse=True)
    def _own_files(
        self, world: World, db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
        shutil.copytree(world.home, settings.MTKD_HOME)

    @pytest.mark.parametrize(("route", "method"), CASES)
    def test_a_route_refuses_whom_the_table_refuses(self, route: str, method: str, world: World) -> None:
        project, cookies = world.job.project, dict(world.cookies)
        wanted = WANTED.get(route, {"name": "x", "path": "/nowhere"})
        body = json.dumps({"project": project.slug, **wanted})
        seen, expected = {}, {}
        standings = dict(STANDINGS)
        if needed(route, method) is Who.OPERATOR:
            standings["operator"] = Who.OPERATOR
            cookies["operator"] = cookie_of(User.objects.create_superuser(username="operator"))
        for who, standing in standings.items():
            client = Client()
            Baseline.objects.get_or_create(project=project, name=NAME, defaults={"job": world.job})
            SavedView.objects.get_or_create(pk=VIEW, defaults={"project": project, "name": "kept"})
            if who in cookies:
                client.cookies[settings.SESSION_COOKIE_NAME] = cookies[who]
            answer = client.generic(
                method, world.addresses[route], data=body, content_type="application/json"
            )
            if not getattr(answer, "is_async", False):  # a stream of events goes on for as long as its job
                answer.getvalue()  # reads and closes the file
            seen[who], expected[who] = _outcome(answer), _expected(route, method, standing)
        assert seen == expected

    @pytest.mark.parametrize(("route", "method"), OF_A_PROJECT)
    def test_a_token_of_another_project_finds_nothing_even_for_a_superuser(
        self, route: str, method: str, world: World
    ) -> None:
        root = User.objects.create_superuser(username="root")
        power = Power(project=create_project(name="Another", user=root))
        client = Client(
            headers={"Authorization": f"Bearer {create_token(user=root, name='t', power=power)[1]}"}
        )
        wanted = WANTED.get(route, {"name": "x", "path": "/nowhere"})
        body = json.dumps({"project": world.job.project.slug, **wanted})
        answer = client.generic(method, world.addresses[route], data=body, content_type="application/json")
        answer.getvalue()
        assert _outcome(answer) == "not found"


def _expected(route: str, method: str, standing: Who) -> str:
    least = needed(route, method)
    if standing >= least:
        # The token in the address belongs to the project's administrator.
        return "not found" if route in ONE_TOKEN and standing is not Who.ADMIN else "let in"
    if standing is Who.ANYONE:
        return "asked who it is"
    # Workers are nobody's project: everybody may know of them.
    return "not found" if standing is Who.USER and least is not Who.OPERATOR else "forbidden"


def _outcome(answer: HttpResponseBase) -> str:
    if answer.status_code == 401 or (answer.status_code == 302 and "/login/?next=" in answer["Location"]):
        return "asked who it is"
    known = {403: "forbidden", 404: "not found"}
    return known.get(
        answer.status_code,
        "let in" if answer.status_code in {200, 201, 202, 204, 302, 400, 409, 422} else "broken",
    )


def test_a_route_that_the_table_does_not_know_is_refused_to_everybody(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PERMISSIONS, "home")
    assert viewer.get("/").status_code == 403
    assert Client().get("/").status_code == 403


def test_a_token_of_somebody_else_is_not_there(people: dict[str, User], viewer: Client) -> None:
    token, _ = create_token(user=people["admin"], name="mine")
    assert viewer.post(f"/account/tokens/{token.pk}/revocation/").status_code == 404
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None
