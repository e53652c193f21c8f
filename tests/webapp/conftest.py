from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings
from rest_framework.test import APIClient

from jobs.models import Dataset, Job, Membership, Project, Role, Teacher, User
from jobs.operations.jobs import submit
from jobs.operations.projects import create_project
from jobs.operations.tokens import create_token
from mtkd_engine.spec import parse
from tests.cheaper import rows_of_many_tests
from tests.classifying import make_classifier, make_images
from tests.engine_double import TEACHERS

PASSWORD = "correct horse battery"
ROLES = ("outsider", "viewer", "editor", "admin")


class MakeJob(Protocol):
    def __call__(self, *, taught: bool = False, **changes: Any) -> Job: ...


@pytest.fixture(autouse=True)
def _own_places(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MTKD_HOME = tmp_path / "home"
    settings.STORAGE = tmp_path / "home" / "storage"
    settings.DATA_ROOTS = [tmp_path / "data"]
    cache.clear()
    yield
    cache.clear()


@dataclass(frozen=True)
class Standing:
    """What nearly every test of a module begins with: people, and a project in which they have a standing."""

    people: dict[str, User]
    project: Project


@pytest.fixture(scope="module")
def standing(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Standing | None]:
    """Made once for a module, or not at all where a test of it empties the tables."""
    if any(item.path == request.path and _is_transactional(item) for item in request.session.items):
        yield None
        return
    with rows_of_many_tests(django_db_blocker, make_standing) as made:
        yield made


def _is_transactional(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    return "transactional_db" in getattr(item, "fixturenames", ()) or (
        mark is not None and bool(mark.kwargs.get("transaction"))
    )


def make_standing() -> Standing:
    """This will make them in the database."""
    people = make_people()
    return Standing(people=people, project=make_project(people))


@pytest.fixture
def people(standing: Standing | None, db: None) -> dict[str, User]:
    return deepcopy(standing.people) if standing else make_people()


def make_people() -> dict[str, User]:
    """One user for each standing in the project, and one without any."""
    return {name: User.objects.create_user(username=name, password=PASSWORD) for name in ROLES}


@pytest.fixture
def project(standing: Standing | None, people: dict[str, User]) -> Project:
    return deepcopy(standing.project) if standing else make_project(people)


def make_project(people: dict[str, User]) -> Project:
    """A project in which they have the standings that their names say."""
    project = create_project(name="Moments", user=people["admin"])
    for role in (Role.VIEWER, Role.EDITOR):
        Membership.objects.create(project=project, user=people[role.value], role=role)
    return project


@pytest.fixture
def dataset(project: Project) -> Dataset:
    return make_dataset(project)


def make_dataset(project: Project) -> Dataset:
    """A dataset without files."""
    report = {
        "feature_width": 8,
        "splits": {"train": {"samples": 30, "videos": 10, "sources": 10}},
        "problems": [],
    }
    return Dataset.objects.create(project=project, name="world", content_hash="d" * 64, report=report)


@pytest.fixture
def teachers(project: Project) -> list[Teacher]:
    return make_teachers(project)


def make_teachers(project: Project) -> list[Teacher]:
    """Teachers without files."""
    return [
        Teacher.objects.create(
            project=project,
            name=name,
            content_hash=letter * 64,
            report={"card": {"feature_width": 8}, "parameters": 1000, "bytes": 4000},
        )
        for name, letter in zip(TEACHERS, "ab", strict=True)
    ]


@pytest.fixture
def pets(project: Project, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Images of four classes, and two classifiers that know them."""
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    for name in ("big", "small"):
        make_classifier(project, name)
    return make_images(project)


@pytest.fixture
def make_job(
    project: Project, people: dict[str, User], dataset: Dataset, teachers: list[Teacher], monkeypatch: Any
) -> MakeJob:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    numbers = itertools.count(1)

    def make(*, taught: bool = False, **changes: Any) -> Job:
        raw: dict[str, Any] = {"name": f"job {next(numbers)}", "data": {"dataset": "world"}}
        if taught:
            raw |= {"method": {"kind": "emtm"}, "teachers": TEACHERS}
        job = submit(project=project, user=people["editor"], spec=parse(raw))
        if changes:
            Job.objects.filter(pk=job.pk).update(**changes)
            job.refresh_from_db()
        return job

    return make


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    return make_job(taught=True)


@pytest.fixture(scope="module")
def clients(standing: Standing | None, django_db_blocker: DjangoDbBlocker) -> dict[str, Client]:
    """Who logged in once for a module; nobody where there is nothing to stand on."""
    if standing is None:
        return {}
    with django_db_blocker.unblock():
        return {name: _logged_in(deepcopy(standing.people[name])) for name in ("viewer", "editor")}


@pytest.fixture
def viewer(clients: dict[str, Client], people: dict[str, User], project: Project) -> Client:
    return _again(clients["viewer"]) if clients else _logged_in(people["viewer"])


@pytest.fixture
def editor(clients: dict[str, Client], people: dict[str, User], project: Project) -> Client:
    return _again(clients["editor"]) if clients else _logged_in(people["editor"])


@pytest.fixture
def api(people: dict[str, User], project: Project) -> APIClient:
    """REST as the editor, by token."""
    client = APIClient()
    _, secret = create_token(user=people["editor"], name="test")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def _again(client: Client) -> Client:
    """A browser of its own that holds what another one held after its login."""
    other = Client()
    other.cookies = deepcopy(client.cookies)
    return other


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
async def no_connection_stays() -> AsyncIterator[None]:
    """The thread of `sync_to_async` outlives the test, and its connection would keep the database busy."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def session(viewer: Client) -> str:
    """The cookie by which a socket knows the viewer."""
    return viewer.cookies[django_settings.SESSION_COOKIE_NAME].value
