"""A world in which every address leads to something, whoever asks for it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from jobs.models import (
    Delivery,
    Group,
    Job,
    Prediction,
    Project,
    Registration,
    Selection,
    Teacher,
    User,
    Webhook,
)
from jobs.operations.jobs import submit
from jobs.operations.selections import create_selection
from jobs.operations.tokens import create_token
from jobs.operations.uploads import begin_upload
from jobs.queries.inspect.maps import MAPS
from jobs.queries.inspect.table import PER_SAMPLE
from mtkd_engine.spec import parse
from tests.engine_double import TEACHERS, EngineDouble
from tests.inspected import columns_of, files_of, parquet
from tests.sealed_double import keep_files, sample_row, write_sealed
from tests.webapp.conftest import make_dataset, make_people, make_project, make_teachers
from tests.webapp.routes import HTTP_ROUTES, JOBS_IN_QUERY, PROJECT_IN_QUERY
from tests.webapp.working import a_worker
from webapp.badges import key_of
from webapp.painting import grey_png

IMAGE = b"\x89PNG\r\n\x1a\n"
VIEW = 7  # a number of its own, so that it is there again after somebody deleted it
NAME = "student.safetensors"  # of a file, and of a baseline


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
        cookies={name: cookie_of(user) for name, user in people.items()},
        job=Job.objects.get(pk=job.pk),
        addresses=addresses,
    )


def cookie_of(user: User) -> str:
    """This will log somebody in and give what a browser holds then."""
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def make_addresses(
    job: Job, people: dict[str, User], teachers: list[Teacher], folder: Path
) -> dict[str, str]:
    """This will give the address of something by each route."""
    _keep_files(job, folder)
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
        "of": "density",
        "prediction_id": Prediction.objects.create(job=job, sentence="a door opens").pk,
        **_webhook(job.project),
        "view_id": VIEW,
        "group_id": Group.objects.create(project=job.project, name="study", document={}).pk,
    }
    film = {**parts, "name": "v0.mp4"}
    return {
        route: _address(route, film if route.endswith("dataset-video") else parts) for route in HTTP_ROUTES
    }


def _keep_files(job: Job, folder: Path) -> None:
    """One sample that is of a video, an image, a clip and a map at once, and what a job left of it."""
    row = sample_row(0, label=0, sha256="0" * 64)
    assert job.dataset is not None
    sealed = write_sealed(folder / "sealed", [row])
    (sealed / "images.bin").write_bytes(IMAGE)
    (sealed / "images.idx").write_bytes(struct.pack("<QQ", 0, len(IMAGE)))
    (sealed / "plays.bin").write_bytes(b"film")
    (sealed / "plays.idx").write_bytes(struct.pack("<QQ", 0, len(b"film")))
    a_map = grey_png(np.zeros((2, 2), np.uint8))
    (sealed / "maps.bin").write_bytes(a_map)
    (sealed / "maps.idx").write_bytes(struct.pack("<QQ", 0, len(a_map)))
    (sealed / "videos").mkdir()
    (sealed / "videos" / "v0.mp4").write_bytes(b"film")
    keep_files(job.dataset, sealed, [row])
    job.dataset.report |= {"data": "clips"}
    job.dataset.save()
    told = {
        PER_SAMPLE: parquet(columns_of([row]) | {"label": ["cat"], "student_class": ["cat"]}),
        MAPS: parquet({"sample_id": [row["id"]], "participant": ["truth"], "png": [a_map]}),
    }
    double = EngineDouble()
    double.start()
    double.finish(files={"student.safetensors": b"weights", **files_of([row]), **told})


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
