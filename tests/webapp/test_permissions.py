"""Every route stands in the table, and refuses whom the table says."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from jobs.models import (
    ApiToken,
    Baseline,
    Delivery,
    Group,
    Job,
    Prediction,
    Project,
    Registration,
    SavedView,
    Selection,
    Teacher,
    User,
    Webhook,
)
from jobs.operations.jobs import submit
from jobs.operations.projects import create_project
from jobs.operations.selections import create_selection
from jobs.operations.tokens import Power, create_token
from jobs.operations.uploads import begin_upload
from jobs.queries.inspect.table import PER_SAMPLE
from mtkd_engine.spec import parse
from tests.cheaper import rows_of_many_tests
from tests.engine_double import TEACHERS, EngineDouble
from tests.inspected import columns_of, files_of, parquet
from tests.sealed_double import keep_files, sample_row, write_sealed
from tests.webapp.conftest import make_dataset, make_people, make_project, make_teachers
from tests.webapp.working import a_worker
from webapp.badges import key_of
from webapp.live.routing import websocket_urlpatterns
from webapp.permissions import PERMISSIONS, Who, needed

STANDINGS = {
    "stranger": Who.ANYONE,
    "outsider": Who.USER,
    "viewer": Who.VIEWER,
    "editor": Who.EDITOR,
    "admin": Who.ADMIN,
}
POST_ONLY = {
    "logout",
    "token-revocation",
    "api-uploads",
    "job-cancellation",
    "job-pause",
    "job-promotion",
    "job-comparison",
    "job-actions",
    "job-description",
    "job-view-new",
    "job-view-deletion",
    "api-job-actions",
    "api-job-plan",
    "job-baseline",
    "baseline-removal",
    "job-resumption",
    "job-retry",
    "worker-drain",
    "group-cancellation",
    "api-job-resubmission",
    "api-job-promotion",
    "api-job-predictions",
    "dataset-archive",
    "teacher-archive",
    "registration-decision",
    "registration-cancellation",
    "job-inspect-selection",
    "selection-deletion",
    "webhook-switch",
    "webhook-rotation",
    "webhook-test",
    "webhook-redelivery",
    "webhook-deletion",
    "api-webhook-rotation",
    "api-webhook-test",
    "api-webhook-redelivery",
    "member-role",
    "member-removal",
    "person-change",
}
PUT_ONLY = {
    "api-account-password",
    "api-job-cancellation",
    "api-registration-decision",
    "api-registration-cancellation",
}
PUT_ONLY |= {"api-job-retry", "api-job-completion", "api-group-cancellation"}
METHODS = {
    **dict.fromkeys(POST_ONLY, ("POST",)),
    **dict.fromkeys(PUT_ONLY, ("PUT",)),
    **dict.fromkeys(("api-dataset", "api-teacher"), ("GET", "DELETE")),
    **dict.fromkeys(("api-dataset-archive", "api-teacher-archive"), ("PUT", "DELETE")),
    **dict.fromkeys(("api-job-pause", "api-worker-drain"), ("PUT", "DELETE")),
    "api-job": ("GET", "PATCH", "DELETE"),
    "api-view": ("GET", "PATCH", "DELETE"),
    "api-selection": ("GET", "DELETE"),
    "api-job-schedule": ("PATCH",),
    "api-project": ("GET", "PATCH"),
    "api-baseline": ("GET", "PUT", "DELETE"),
    "api-token": ("DELETE",),
    "api-webhook": ("GET", "PATCH", "DELETE"),
    "api-member": ("PATCH", "DELETE"),
    "api-user": ("GET", "PATCH"),
}
BOTH = {"login", "password", "tokens", "project-new", "dataset-new", "teacher-new", "job-new"}
BOTH |= {
    "api-projects",
    "api-datasets",
    "api-teachers",
    "api-jobs",
    "api-views",
    "api-groups",
    "api-job-metrics",
    "api-selections",
    "dataset-deletion",
    "teacher-deletion",
}
BOTH |= {"webhooks", "webhook", "api-webhooks"}
BOTH |= {"members", "people", "api-tokens", "api-members", "api-users"}
BOTH |= {"job-deletion", "job-schedule", "job-prediction", "project-settings"}
PROJECT_IN_QUERY = {
    "api-uploads",
    "api-registrations",
    "api-jobs",
    "api-job-table-file",
    "api-datasets",
    "api-teachers",
    "api-groups",
}
JOBS_IN_QUERY = {"api-overlay", "api-compare", "api-compare-weights", "api-compare-samples", "compare"}
WANTED: dict[str, dict[str, object]] = {
    "api-jobs": {"spec": {}},
    "api-job-plan": {"spec": {}},
    "api-groups": {"document": {}},
    "api-job-actions": {"action": "archive", "jobs": [1]},
}
IMAGE = b"\x89PNG\r\n\x1a\n"
VIEW = 7  # a number of its own, so that it is there again after somebody deleted it
NAME = "student.safetensors"  # of a file, and of a baseline
ONE_TOKEN = {"token-revocation", "api-token"}
HTTP_ROUTES = sorted(route for route in PERMISSIONS if not route.startswith("live-"))
CASES = [
    (route, method)
    for route in HTTP_ROUTES
    for method in METHODS.get(route, ("GET", "POST") if route in BOTH else ("GET",))
]

OF_A_PROJECT = [
    (route, method)
    for route, method in CASES
    if route.startswith("api-") and needed(route, method) in {Who.VIEWER, Who.EDITOR, Who.ADMIN}
]


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        found |= names(pattern.url_patterns) if isinstance(pattern, URLResolver) else {str(pattern.name)}
    return found


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.pages.health.readiness", list)


@dataclass(frozen=True)
class World:
    """Something for every address to lead to, and the folder in which its files lie."""

    home: Path
    cookies: dict[str, str]
    """By person, what a browser holds after a login."""
    job: Job
    addresses: dict[str, str]


def make_world(folder: Path) -> World:
    """This will make it in the database and in a folder."""
    people = make_people()
    project = make_project(people)
    make_dataset(project)
    teachers = make_teachers(project)
    spec = parse(
        {"name": "job 1", "data": {"dataset": "world"}, "method": {"kind": "emtm"}, "teachers": TEACHERS}
    )
    job = submit(project=project, user=people["editor"], spec=spec)
    addresses = make_addresses(job, people, teachers, folder)
    return World(
        home=folder / "home",
        cookies={name: _cookie_of(user) for name, user in people.items()},
        job=Job.objects.get(pk=job.pk),
        addresses=addresses,
    )


def _cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def make_addresses(
    job: Job, people: dict[str, User], teachers: list[Teacher], folder: Path
) -> dict[str, str]:
    """This will give the address of something by each route."""
    row = sample_row(
        0, label=0, sha256="0" * 64
    )  # of a video, an image and a clip at once: there for every address
    assert job.dataset is not None
    sealed = write_sealed(folder / "sealed", [row])
    (sealed / "images.bin").write_bytes(IMAGE)
    (sealed / "images.idx").write_bytes(struct.pack("<QQ", 0, len(IMAGE)))
    (sealed / "plays.bin").write_bytes(b"film")
    (sealed / "plays.idx").write_bytes(struct.pack("<QQ", 0, len(b"film")))
    (sealed / "videos").mkdir()
    (sealed / "videos" / "v0.mp4").write_bytes(b"film")
    keep_files(job.dataset, sealed, [row])
    job.dataset.report |= {"data": "clips"}
    job.dataset.save()
    told = {PER_SAMPLE: parquet(columns_of([row]) | {"label": ["cat"], "student_class": ["cat"]})}
    double = EngineDouble()
    double.start()
    double.finish(files={"student.safetensors": b"weights", **files_of([row]), **told})
    token, _ = create_token(user=people["admin"], name="of somebody else")
    parts = {
        "slug": job.project.slug,
        "job_id": job.pk,
        "dataset_id": job.dataset_id,
        "teacher_id": teachers[0].pk,
        "token_id": token.pk,
        "registration_id": Registration.objects.create(project=job.project, kind="dataset", name="x").pk,
        "upload_id": begin_upload(project=job.project, user=people["editor"], name="a", size=1).pk,
        "name": NAME,
        "row": 0,
        "worker_id": a_worker("host/worker-1").pk,
        "username": "viewer",
        "selection_id": _needed_selection(job, people["editor"]).pk,
        "form": "csv",
        "prediction_id": Prediction.objects.create(job=job, sentence="a door opens").pk,
        **_webhook(job.project),
        "view_id": VIEW,
        "group_id": Group.objects.create(project=job.project, name="study", document={}).pk,
    }
    film = {**parts, "name": "v0.mp4"}
    return {
        route: _address(route, film if route.endswith("dataset-video") else parts) for route in HTTP_ROUTES
    }


def _webhook(project: Project) -> dict[str, object]:
    """A webhook that was sent something once."""
    webhook = Webhook.objects.create(project=project, url="https://93.184.215.14/", secret="whsec_AAAA")
    sent = Delivery.objects.create(
        webhook=webhook, message_id="msg_1", event="test", state="delivered", next_at=timezone.now()
    )
    return {"webhook_id": webhook.pk, "delivery_id": sent.pk}


def _needed_selection(job: Job, user: User) -> Selection:
    """One that nobody can delete, so that everybody may try."""
    assert job.dataset is not None
    selection = create_selection(dataset=job.dataset, user=user, name="hard", ids=["v0#0"])
    selection.jobs.add(Job.objects.create(project=job.project, dataset=job.dataset, spec=job.spec))
    return selection


def _address(route: str, parts: dict[str, object]) -> str:
    wanted = get_resolver().reverse_dict.getlist(route)[0][0][0][1]
    query = f"?project={parts['slug']}" if route in PROJECT_IN_QUERY else ""
    query += f"?jobs={parts['job_id']}&name=loss" if route in JOBS_IN_QUERY else ""
    if route.startswith("badge-"):
        job = f"job:{parts['job_id']}"
        query = f"?key={key_of(job if route == 'badge-of-job' else 'baseline:{slug}/{name}'.format(**parts))}"
    return reverse(route, kwargs={name: parts[name] for name in wanted}) + query


def test_every_route_of_the_site_stands_in_the_table_and_nothing_else_does() -> None:
    routes = names(get_resolver().url_patterns) | {str(p.name) for p in websocket_urlpatterns}
    assert routes == set(PERMISSIONS)


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
            cookies["operator"] = _cookie_of(User.objects.create_superuser(username="operator"))
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
