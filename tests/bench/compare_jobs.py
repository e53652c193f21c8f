"""Everything that the page of 10 and of 100 compared jobs asks of the server, over HTTP; part of the benchmark `table`.

The jobs have 22 curves, up to 2,000 points each, and tables of 4,000 samples of which 1,000 are of the test split.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np

from tests.bench.application import application
from tests.bench.many_jobs import fill

ASKED = 20
STEPS, EPOCHS, SAMPLES, TEST = 2_000, 40, 4_000, 1_000
LOSSES = ("total", "hard", "kd", "gate", "twin")
QUALITY = ("miou", "r1@0.3", "r1@0.5", "r1@0.7")
SYSTEM = ("cpu", "memory", "disk_read", "disk_write")
SHOWN = "val/miou,loss/total"
MANY, FEW = 100, 10
FEWEST_PX, MOST_PX, PX = 80, 4_000, 400


def main() -> None:
    """This will make 150 jobs, compare 10 and 100 of them as the page does, and print the 95th percentiles."""
    with application(data_roots=[], workers=0) as app:
        from jobs.models import Project, User

        project = Project.objects.get(slug=app.project)
        user = User.objects.filter(memberships__project=project)[0]
        fill(project, user, count=3 * MANY + MANY // 2)
        found = measured(app.rest._url, cookie_of(user), folder=app.home)
    print("| | ms |\n|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value} |")
    print(json.dumps(found), flush=True)


def cookie_of(user: Any) -> str:
    """This will log somebody in, and give the cookie by which the server knows them."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def measured(url: str, cookie: str, *, folder: Path) -> dict[str, float]:
    """This will give 100 ended jobs curves and tables, and time all requests of the page on 10 and 100 of them.

    `_cold_ms` is the first time, before any table was read; the page itself shows curves before that.
    """
    jobs = comparable(folder)
    ask = _asker(url, cookie)
    result: dict[str, float] = {}
    for count in (FEW, MANY):
        chosen = jobs[-count:] if count == FEW else jobs
        result[f"compare_{count}_cold_ms"] = round(_timed(lambda chosen=chosen: _page(ask, chosen)), 1)  # type: ignore[misc]
        _settled(ask, chosen)
        times = [_parts(ask, chosen) for _ in range(ASKED)]
        result[f"compare_{count}_p95_ms"] = _p95([sum(parts.values()) for parts in times])
        for part in times[0]:
            result[f"compare_{count}_{part}_p95_ms"] = _p95([parts[part] for parts in times])
    return result


def comparable(folder: Path) -> list[int]:
    """This will choose the newest 100 succeeded jobs with teachers on one dataset, and write curves and tables."""
    from jobs.models import Attempt, Job

    done = Job.objects.filter(state="succeeded", dataset__name="world-0").exclude(spec__method__kind="solo")
    jobs = list(done.order_by("-pk")[:MANY])
    if len(jobs) < MANY:
        others = (
            Job.objects.filter(state="succeeded").exclude(pk__in=[job.pk for job in jobs]).order_by("-pk")
        )
        jobs += list(others[: MANY - len(jobs)])
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(dataset=jobs[0].dataset)
    draw = np.random.default_rng(11)
    for job in jobs:
        attempt = Attempt.objects.create(job=job, number=1, fence=1, started_at=job.started_at)
        _curves(job, attempt, draw)
        _table(job, attempt, draw, folder / "per_sample.parquet")
    return sorted(job.pk for job in jobs)


def _curves(job: Any, attempt: Any, draw: np.random.Generator) -> None:
    from jobs.chunks import Run
    from jobs.operations.metrics import MetricWriter

    teachers = [teacher["name"] for teacher in job.spec["teachers"]]
    long = [f"loss/{name}" for name in LOSSES] + [f"weight/{name}" for name in teachers] + ["lr", "grad_norm"]
    short = [f"{part}val/{name}" for part in ("", "gate/") for name in QUALITY]
    wanted = {**dict.fromkeys(long, STEPS), **dict.fromkeys(short, EPOCHS)}
    wanted |= {f"system/{name}": STEPS // 10 for name in SYSTEM}
    runs = {}
    for place, (name, points) in enumerate(wanted.items()):
        steps = np.arange(1, points + 1) * (STEPS // points)
        noise = draw.normal(0, 0.02, points)
        runs[name] = Run(steps * len(wanted) + place, steps, np.exp(-steps / STEPS) + noise, steps * 40)
    MetricWriter(job_id=job.pk, attempt_id=attempt.pk).write(runs)


def _table(job: Any, attempt: Any, draw: np.random.Generator, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from jobs.models import Artifact
    from jobs.storage.blobs import keep_file

    numbers = np.arange(SAMPLES)
    iou = np.clip(draw.normal(draw.uniform(0.3, 0.5), 0.25, SAMPLES), 0, 1)
    columns = {
        "sample_id": [f"v{number // 3}#{number % 3}" for number in numbers],
        "split": np.where(numbers < TEST, "test", "train").tolist(),
        "source_id": [f"v{number // 6}" for number in numbers],
        "video_id": [f"v{number // 3}" for number in numbers],
        "sentence": [f"person {number} opens the door" for number in numbers],
        "duration": draw.uniform(10, 60, SAMPLES),
        "student_start": draw.uniform(0, 5, SAMPLES),
        "student_end": draw.uniform(5, 10, SAMPLES),
        "student_iou": iou,
    }
    pq.write_table(pa.table(columns), path)
    blob = keep_file(path)
    Artifact.objects.create(job=job, attempt=attempt, name=path.name, blob=blob, size=blob.size)


Ask = Callable[[str], bytes]


def _asker(url: str, cookie: str) -> Ask:
    def ask(path: str) -> bytes:
        request = Request(f"{url}{path}", headers={"Cookie": cookie})
        with urlopen(request) as answer:
            assert answer.url == request.full_url, "the server asked for a login"
            return bytes(answer.read())

    return ask


def _parts(ask: Ask, jobs: Sequence[int]) -> dict[str, float]:
    """What the page asks one after the other, ms each; a browser asks for some of it at the same time."""
    return {part: _timed(lambda path=path: ask(path)) for part, path in _asked(jobs).items()}  # type: ignore[misc]


def _page(ask: Ask, jobs: Sequence[int]) -> None:
    for path in _asked(jobs).values():
        ask(path)


def _asked(jobs: Sequence[int]) -> dict[str, str]:
    ids = ",".join(map(str, jobs))
    px = min(PX, max(FEWEST_PX, MOST_PX // len(jobs)))
    return {
        "page": f"/compare/?jobs={ids}",
        "data": f"/api/v1/compare/?jobs={ids}&quick=1",
        "curves": f"/api/v1/metrics/?jobs={ids}&names={SHOWN}&x=step&px={px}",
        "weights": f"/api/v1/compare/weights/?jobs={ids}",
        "samples": f"/api/v1/compare/samples/?jobs={jobs[0]},{jobs[1]}&sort=-gain",
    }


def _settled(ask: Ask, jobs: Sequence[int]) -> None:
    """As the page does: ask until no comparison is open."""
    until = time.monotonic() + 120
    while not json.loads(ask(_asked(jobs)["data"]))["is_settled"]:
        assert time.monotonic() < until, "comparisons are still open after two minutes"


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def _p95(times: Sequence[float]) -> float:
    return round(float(np.percentile(times, 95)), 1)


if __name__ == "__main__":
    main()
