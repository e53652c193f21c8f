"""Pages of a job's samples at 100,000 rows and eight teachers, asked of the embedded installation over HTTP."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np

from tests.bench.application import Application, application

ROWS, TEACHERS = 100_000, 8
ASKED = 60
FILTERS = (
    "split=test",
    "q=opens+the",
    "source=v99",
    "leading=teacher-3&split=train",
    "teacher-1%2Fweight.min=0.2&disagreement.min=0.5",
    "entropy.max=1.8&student_iou.min=0.3&q=person+9",
)
SORTS = ("-disagreement", "gain", "-gain", "entropy", "-teacher-5%2Fiou", "student_iou")


def main() -> None:
    """This will store a table, ask for its pages as a browser does, and print the 95th percentiles."""
    with application(data_roots=[], workers=0) as app:
        address, cookie = _stored(app)
        ask = _asker(address, cookie)
        result = {"cold_first_page_ms": round(_timed(lambda: ask("")), 1)}
        result["first_page_p95_ms"] = _p95(lambda _: ask(""), range(ASKED))
        result["filtered_p95_ms"] = _p95(ask, itertools.islice(itertools.cycle(FILTERS), ASKED))
        sorts = (f"sort={sort}&page={page}" for page, sort in enumerate(itertools.cycle(SORTS), start=1))
        result["sorted_p95_ms"] = _p95(ask, itertools.islice(sorts, ASKED))
        result["sample_p95_ms"] = _p95(
            lambda row: ask(f"{997 * row}/?sort=-disagreement", page=False), range(ASKED)
        )
        for name, form in (("export_s", "csv"), ("export_parquet_s", "parquet")):
            result[name] = round(_timed(lambda form=form: ask(f"file.{form}", page=False)) / 1000, 2)  # type: ignore[misc]
    print("| | ms |\n|---|---|")
    for name, value in result.items():
        print(f"| {name} | {value} |")
    print(json.dumps(result), flush=True)


def _stored(app: Application) -> tuple[str, str]:
    """The address of a job's samples and the cookie of somebody who may look at them."""
    from django.conf import settings
    from django.test import Client

    from jobs.models import Artifact, Attempt, Dataset, Job, Project, User
    from jobs.storage.blobs import keep_file
    from mtkd_engine.spec import parse

    project = Project.objects.get(slug=app.project)
    user = User.objects.filter(memberships__project=project)[0]
    dataset = Dataset.objects.create(project=project, name="large", content_hash="1" * 64)
    teachers = [{"name": f"teacher-{number}"} for number in range(TEACHERS)]
    spec = parse(
        {"data": {"dataset": "large"}, "method": {"kind": "emtm"}, "teachers": [t["name"] for t in teachers]}
    )
    job = Job.objects.create(
        project=project, name="large", spec=spec.model_dump(mode="json"), dataset=dataset, state="succeeded"
    )
    attempt = Attempt.objects.create(job=job, number=1, fence=1)
    path = app.home / "per_sample.parquet"
    _write(path)
    blob = keep_file(path)
    Artifact.objects.create(job=job, attempt=attempt, name=path.name, blob=blob, size=blob.size)
    client = Client()
    client.force_login(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return f"{app.rest._url}/jobs/{job.pk}/samples/", cookie


def _write(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = np.random.default_rng(5)
    numbers = np.arange(ROWS)
    columns: dict[str, Any] = {
        "sample_id": [f"v{number // 3}#{number % 3}" for number in numbers],
        "split": np.where(numbers < 80_000, "train", np.where(numbers < 90_000, "val", "test")).tolist(),
        "source_id": [f"v{number // 6}" for number in numbers],
        "video_id": [f"v{number // 3}" for number in numbers],
        "sentence": [f"person {number} opens the door and walks to the other side" for number in numbers],
        "duration": draw.uniform(10, 60, ROWS),
        "truth_windows": np.ones(ROWS, dtype=np.int64),
        "gain": draw.normal(0, 0.2, ROWS),
        "disagreement": draw.random(ROWS),
        "entropy": draw.uniform(1, 2.08, ROWS),
    }
    weights = draw.dirichlet(np.ones(TEACHERS), ROWS)
    names = [f"teacher-{number}" for number in range(TEACHERS)]
    for who in ("truth", "student", "solo", "target"):
        columns |= {f"{who}_start": draw.uniform(0, 5, ROWS), f"{who}_end": draw.uniform(5, 10, ROWS)}
        if who != "truth":
            columns[f"{who}_iou"] = draw.random(ROWS)
    for place, name in enumerate(names):
        columns |= {f"{name}/{of}": draw.random(ROWS) for of in ("start", "end", "score", "iou")}
        columns[f"{name}/weight"] = weights[:, place]
    columns["leading"] = [names[place] for place in weights.argmax(1)]
    pq.write_table(pa.table(columns), path)


def _asker(address: str, cookie: str) -> Callable[..., None]:
    def ask(rest: str, *, page: bool = True) -> None:
        request = Request(f"{address}{'?' if page and rest else ''}{rest}", headers={"Cookie": cookie})
        with urlopen(request) as answer:
            assert answer.status == 200
            assert answer.url == request.full_url, "the server asked for a login"
            while answer.read(1 << 20):
                pass

    return ask


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def _p95(ask: Callable[[Any], None], given: Iterable[Any]) -> float:
    return round(float(np.percentile([_timed(lambda one=one: ask(one)) for one in given], 95)), 1)  # type: ignore[misc]


if __name__ == "__main__":
    main()
