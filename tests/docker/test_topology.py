"""Machines that share nothing but database, broker and store; one is lost with its disk, the job goes on elsewhere."""

from __future__ import annotations

import base64
import io
import json
import shutil
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from jobs.demo.rest import Rest
from tests.docker.conftest import secrets
from tests.docker.topology import Topology, topology
from tests.waiting import until

pytestmark = pytest.mark.slow
WORDS = ("circle", "square", "star", "moves", "stops", "turns", "left", "red", "blue", "after")
SPEC = {
    "name": "far away",
    "data": {"dataset": "noise"},
    "student": {"net": {"family": "span", "clips": 8, "width": 8, "encoder_layers": 1}},
    "optim": {"epochs": 900, "batch_size": 8},
    "evaluation": {"every_epochs": 300},
    "recording": {"log_every": 1, "checkpoint_every": 20},
}


@pytest.fixture
def machines() -> Iterator[Topology]:
    folder = Path(tempfile.mkdtemp(prefix="mtkd-"))
    folder.chmod(0o711)
    try:
        with topology(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def noise() -> bytes:
    """An archive of a dataset of nothing."""
    draw, content, features = np.random.default_rng(3), io.BytesIO(), {}
    with zipfile.ZipFile(content, "w") as archive:
        for split, count in (("train", 60), ("val", 10), ("test", 10)):
            videos = {}
            for number in range(count):
                start = draw.uniform(0, 20, size=2)
                videos[f"{split}{number}"] = {
                    "duration": 40.0,
                    "timestamps": [[float(s), float(s + 10)] for s in start],
                    "sentences": [" ".join(draw.choice(WORDS, 5)) for _ in start],
                }
                features[f"{split}{number}"] = draw.normal(size=(12, 8)).astype(np.float32)
            archive.writestr(f"noise/{split}.json", json.dumps(videos))
        packed = io.BytesIO()
        np.savez(packed, **features)  # type: ignore[arg-type]
        archive.writestr("noise/features.npz", packed.getvalue())
    return content.getvalue()


def upload(url: str, token: str, content: bytes) -> str:
    """The id of an upload that was handed in whole."""
    name = base64.b64encode(b"noise.zip").decode()
    request = urllib.request.Request(
        f"{url}/api/v1/uploads/?project=default",
        method="POST",
        data=content,
        headers={
            "Authorization": f"Bearer {token}",
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": f"filename {name}",
            "Content-Type": "application/offset+octet-stream",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["id"])


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except OSError:
        return False


def test_a_job_outlives_the_machine_that_ran_it(machines: Topology) -> None:
    said = machines.run("setup")
    assert "Made the bucket of s3://mtkd." in said
    assert "Log in as admin with the password" in said
    again, token = machines.run_each("web", "setup", "token admin").splitlines()
    assert again == "The tables are up to date."
    url = f"http://127.0.0.1:{machines.ports['web']}"
    machines.start("web", "web")
    intake = machines.start("intake", "intake")
    for name in ("north", "south"):
        machines.start("worker", name)
    until(lambda: is_ready(url), seconds=90, what="an installation that is ready")

    rest = Rest(url=url, token=token)
    asked = rest.call(
        "POST",
        "datasets/",
        {"project": "default", "name": "noise", "uploads": [upload(url, token, noise())], "accept": []},
    )
    rest.wait_until_registered(asked["id"])
    assert '"process": "worker"' in intake.log.read_text()
    job = rest.call("POST", "jobs/", {"project": "default", "spec": SPEC})["id"]

    def detail() -> dict[str, Any]:
        return dict(rest.call("GET", f"jobs/{job}/"))

    def published() -> dict[str, Any] | None:
        found = detail()
        assert found["state"] in {"queued", "starting", "running"}, found
        return found if is_published(machines, job) else None

    before = until(published, seconds=120, what="a published checkpoint")
    lost = before["attempts"][-1]["worker"].partition("/")[2].partition(":")[0]
    machines.lose(lost)
    other = ({"north", "south"} - {lost}).pop()
    until(lambda: len(detail()["attempts"]) == 2, seconds=90, what="another attempt")
    started = until(lambda: two_starts(rest, job), seconds=120, what="a second start")
    attempts = detail()["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["lost", ""]
    assert other in attempts[1]["worker"]
    resumed = [event["resumed_from_step"] for event in started]
    assert not resumed[0]
    assert resumed[1] >= 20
    lines = [json.loads(line) for line in machines.machines[other].log.read_text().splitlines()]
    assert any((line.get("job"), line.get("attempt")) == (job, 2) for line in lines)
    rest.call("PUT", f"jobs/{job}/cancellation/")
    until(lambda: detail()["state"] == "cancelled", seconds=60, what="a cancelled job")


def two_starts(rest: Rest, job: int) -> list[dict[str, Any]] | None:
    events = rest.call("GET", f"jobs/{job}/events/?limit=1000")["events"]
    found = [event for event in events if event["kind"] == "started"]
    return found if len(found) == 2 else None


def is_published(machines: Topology, job: int) -> bool:
    address = (
        f"postgresql://mtkd:{secrets()['DATABASE_PASSWORD']}@127.0.0.1:{machines.ports['database']}/mtkd"
    )
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT 1 FROM jobs_checkpoint WHERE job_id = %s AND step > 0", [job])
        return found.fetchone() is not None
