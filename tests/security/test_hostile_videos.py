"""Broken and hostile videos handed in by path and by upload: each is refused by name, and workers work on."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from jobs.local.child import Child, wait_until
from jobs.models import Job, Project, State, User
from jobs.operations.projects import create_project
from jobs.operations.uploads import add_part, begin_upload
from mtkd_engine.data.clips.world import CLASSES, ClipsPerSplit, make_clips
from tests.engine.data.video.hostile import BROKEN

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
HOSTILE = (
    *("empty", "text", "zip", "noise", "playlist", "script of parts", "reference in the header"),
    *("no header", "cut header", "pictures all cut off", "sound alone", "unknown coding", "locked"),
    *("giant pictures", "many frames claimed", "frozen for a day", "absurd rate", "endless edits"),
    *("noise for pictures", "no frames"),
)
"""Those that are broken or hostile whatever the limits are; as many as a report names."""
CODES = {BROKEN[name][0] for name in HOSTILE}
SMALL: dict[str, Any] = {
    "task": "classification",
    "name": "an ordinary job",
    "data": {"kind": "clips", "dataset": "healthy", "segments": 1, "size": 16},
    "student": {
        "net": {"family": "frames", "backbone": {"family": "cifar_resnet", "depth": 8}},
        "input": {"kind": "clip", "frames": 1, "size": 16},
    },
    "optim": {"epochs": 1, "batch_size": 6},
}


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_user(username="ada")


@pytest.fixture
def project(user: User) -> Project:
    return create_project(name="Moments", user=user)


@pytest.fixture
def client(user: User, project: Project) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder below those that may be registered from."""
    folder = Path(settings.DATA_ROOTS[0]) / "hostile"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def write_hostile(folder: Path, *, work: Path) -> None:
    """This will write a file for each of HOSTILE into a folder."""
    for number, name in enumerate(HOSTILE):
        (work / str(number)).mkdir(parents=True)
        made = BROKEN[name][1](work / str(number))
        assert isinstance(made, Path)
        suffix = made.suffix if made.suffix in (".mp4", ".avi") else ".mp4"
        made.rename(folder / f"{name.replace(' ', '-')}{suffix}")


def ended(client: APIClient, registration: dict[str, Any], *, by: Child) -> dict[str, Any]:
    """This will wait until nothing is done for a registration by a worker, and give it."""
    found: dict[str, Any] = {}

    def is_at_rest() -> bool:
        found.update(client.get(f"/api/v1/registrations/{registration['id']}/?wait=5").json())
        return found["state"] not in ("queued", "checking") or by.exit_code() is not None

    assert wait_until(is_at_rest, seconds=400), found
    assert by.exit_code() is None, by.last_lines()
    return found


def without_them(client: APIClient, registration: dict[str, Any]) -> dict[str, Any]:
    """This will decide that clips which cannot be used are left out."""
    address = f"/api/v1/registrations/{registration['id']}/decision/"
    answer = client.put(address, {"accept": ["drop_clips"]}, format="json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def at_work(child: Child) -> dict[int, float]:
    """The worker's processes by number, each with when it began: none of them is another later."""
    main = psutil.Process(child.pid)
    return {one.pid: one.create_time() for one in (main, *main.children())}


def told(registration: dict[str, Any]) -> dict[str, str]:
    """What is said of each video that a registration refused, by the name of its file."""
    problems = {one["code"]: one for one in registration["report"]["problems"]}
    assert problems["refused_clips"]["count"] == len(HOSTILE)
    details = [place["detail"] for place in problems["refused_clips"]["places"]]
    return {Path(detail.partition(": ")[0]).stem: detail for detail in details}


def test_hostile_videos_are_refused_by_name_and_the_worker_goes_on(
    client: APIClient, intake: Child, worker: Child, root: Path, tmp_path: Path, project: Project, user: User
) -> None:
    assert len(CODES) >= 12
    raw = root / "raw"
    make_clips(raw, clips=ClipsPerSplit(train=6, val=6, test=6), frames=4)
    write_hostile(raw / "train" / CLASSES[0], work=tmp_path / "made")
    asked = {"project": "moments", "name": "healthy", "path": str(raw)}
    waits = ended(client, client.post("/api/v1/datasets/", asked, format="json").json(), by=intake)
    assert (waits["state"], waits["sentence"]) == ("waiting", "")
    before = at_work(intake)
    said = told(waits)
    for name in HOSTILE:
        assert said[name.replace(" ", "-")].endswith(f"({BROKEN[name][0]})"), name

    upload = uploaded(only_hostile(raw, tmp_path / "hostile.zip"), project=project, user=user)
    given = {"project": "moments", "name": "hostile", "uploads": [upload]}
    asks = ended(client, client.post("/api/v1/datasets/", given, format="json").json(), by=intake)
    assert told(asks).keys() == said.keys()
    refused = ended(client, without_them(client, asks), by=intake)
    assert refused["state"] == "refused"
    assert refused["sentence"].endswith("at least one clip is needed in each.")
    assert refused["sentence"].count(". ") == 0

    done = ended(client, without_them(client, waits), by=intake)
    assert (done["state"], done["sentence"]) == ("registered", "")
    counts = {split: found["samples"] for split, found in done["report"]["splits"].items()}
    assert counts == {"train": 6, "val": 6, "test": 6}
    job = client.post("/api/v1/jobs/?project=moments", SMALL, format="json").json()
    assert wait_until(lambda: Job.objects.get(pk=job["id"]).is_final, seconds=400)
    assert Job.objects.get(pk=job["id"]).state == State.SUCCEEDED, Job.objects.get(pk=job["id"]).failure
    assert at_work(intake) == before


def only_hostile(raw: Path, target: Path) -> Path:
    """An archive of the hostile ones alone, as two classes."""
    with zipfile.ZipFile(target, "w") as archive:
        for number, path in enumerate(sorted((raw / "train" / CLASSES[0]).iterdir())):
            if not path.name.startswith("train-"):
                archive.write(path, f"{CLASSES[number % 2]}/{path.name}")
    return target


def uploaded(path: Path, *, project: Project, user: User) -> str:
    body = path.read_bytes()
    upload = begin_upload(project=project, user=user, name=path.name, size=len(body))
    add_part(upload=upload, offset=0, stream=io.BytesIO(body), length=len(body))
    return str(upload.pk)
