"""An installation with something of everything in it, and its backup."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.local import running
from jobs.local.home import CHECKOUT, Home

PASSWORD = "correct horse battery"
FILL = """
import io
from pathlib import Path
from django.core.files.storage import default_storage
from django.utils import timezone
from jobs.models import *
from jobs.operations.projects import create_project
from jobs.operations.tokens import create_token
from jobs.operations.uploads import add_part, begin_upload
from jobs.storage.blobs import keep_file

def keep(name, content):
    path = Path("{folder}") / name
    path.write_bytes(content)
    return keep_file(path)

now = timezone.now()
ada = User.objects.create_user(username="ada", password="correct horse battery")
project = create_project(name="Moments", user=ada)
dataset = Dataset.objects.create(project=project, name="world", content_hash="d" * 64, report={"feature_width": 8})
StoredFile.objects.create(dataset=dataset, name="samples.jsonl", blob=keep("samples.jsonl", b"row" * 1000))
for number, state in enumerate(("succeeded", "running", "paused", "starting"), 1):
    job = Job.objects.create(
        project=project, name=f"job {number}", spec={"name": "x"}, spec_hash="s", dataset=dataset, fence=3,
        state=state, lease_until=now if state in ACTIVE else None, finished_at=now if number == 1 else None,
    )
    here = Worker.objects.get_or_create(
        name="here", defaults=dict(host="h", pid=1, started_at=now, seen_at=now))[0]
    attempt = Attempt.objects.create(job=job, number=1, fence=3, worker="here", worker_row=here,
        ended_at=None if state in ACTIVE else now)
    Event.objects.create(job=job, attempt=attempt, seq=1, kind="said", payload={"a": "NaN"}, at=now)
    MetricChunk.objects.create(job=job, attempt=attempt, metric="loss/total", seq_first=2, seq_last=2,
        step_first=1, step_last=1, points=1, minimum=0, maximum=1, data=bytes(range(20)))
    if state == "succeeded":
        Artifact.objects.create(job=job, attempt=attempt, name="student.safetensors", size=7,
            blob=keep("student", b"weights"), media_type="application/octet-stream")
    if state == "paused":
        Checkpoint.objects.create(job=job, attempt=attempt, step=7, seq=1, path="checkpoint/7",
            blob=keep("checkpoint", b"state" * 100_000))
Job.objects.create(project=project, name="elsewhere", spec={"elsewhere": True}, spec_hash="s", elsewhere=True,
    state="running", lease_until=now)
Registration.objects.create(project=project, kind="dataset", name="y", state="checking", lease_until=now, worker="here")
upload = begin_upload(project=project, user=ada, name="a.npz", size=2000)
add_part(upload=upload, offset=0, stream=io.BytesIO(b"x" * 1000), length=1000)
keep("nobody's", b"garbage")
print(create_token(user=ada, name="t")[1])
"""


@dataclass(frozen=True)
class Installation:
    home: Home
    token: str
    archive: Path


def manage(home: Home, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a home of its own, with the embedded servers and the key that lies there."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, **own(home), **environment},
        timeout=120,
        check=False,
    )


def own(home: Home) -> dict[str, str]:
    """The environment of processes of a home."""
    return {"MTKD_HOME": str(home.root), "MTKD_SECRET_KEY": "", "DATABASE_URL": "", "BROKER_URL": ""}


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder with a short path that the database's account may pass through."""
    path = Path(tempfile.mkdtemp(prefix="mtkd-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def installation(open_folder: Path) -> Iterator[Installation]:
    """It ran while the backup was taken."""
    home, archive = Home(open_folder / "old"), open_folder / "backup.tar"
    with running(home=home, environment=own(home)):
        filled = manage(home, "shell", "--no-imports", "-c", FILL.replace("{folder}", str(open_folder)))
        assert filled.returncode == 0, filled.stderr
        done = manage(home, "backup", str(archive))
        assert done.returncode == 0, done.stderr
        assert "5 jobs" in done.stdout
    yield Installation(home, filled.stdout.split()[-1], archive)
    shutil.rmtree(home.outside, ignore_errors=True)


@pytest.fixture
def new_home(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """A home that is not there yet."""
    home = Home(open_folder / f"new-{abs(hash(request.node.name)) % 10**8}")
    yield home
    shutil.rmtree(home.root, ignore_errors=True)
    shutil.rmtree(home.outside, ignore_errors=True)
