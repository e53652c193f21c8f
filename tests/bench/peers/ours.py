"""mtkd as the benchmark sees it: jobs trained elsewhere over REST, and a journal through the recorder."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from tests.bench.application import Application
from tests.bench.peers.curves import METRIC, SPIKE, names, table, values
from tests.bench.peers.line import Line

BATCH_POINTS = 20_000
BINARY = "application/octet-stream"


class Mtkd:
    """Ours: the web server that the application runs, and the recorder in this process."""

    name = "mtkd"
    version = "this checkout"

    def __init__(self, *, application: Application, port: int, token: str) -> None:
        self.why_not: dict[str, str] = {}
        self._project = application.project
        self._home = application.home
        self._line = Line(port, {"Authorization": f"Bearer {token}"})
        self._jobs = 0

    def write_rest(self, *, steps: int, seed: int) -> float:
        """This will post 8 metrics as arrays of bytes, 20,000 points a batch."""
        return self._post(steps, seed, is_binary=True)

    def write_rest_as_json(self, *, steps: int, seed: int) -> float:
        """This will post the same as JSON."""
        return self._post(steps, seed, is_binary=False)

    def _post(self, steps: int, seed: int, *, is_binary: bool) -> float:
        job, made, batch = self._begin(), table(steps, seed=seed), BATCH_POINTS // len(names())
        began = time.perf_counter()
        for first in range(0, steps, batch):
            part = made[first : first + batch]
            at = np.arange(first, first + len(part), dtype="<u4")
            arrays = {name: (at, part[:, index]) for index, name in enumerate(names())}
            self._send(job, arrays, is_binary=is_binary)
        return time.perf_counter() - began

    def _send(self, job: str, arrays: dict[str, tuple[np.ndarray, np.ndarray]], *, is_binary: bool) -> None:
        if is_binary:
            announced = [{"name": name, "points": len(steps)} for name, (steps, _) in arrays.items()]
            body = json.dumps({"metrics": announced}).encode() + b"\n"
            for steps, found in arrays.values():
                body += steps.tobytes() + np.ascontiguousarray(found, dtype="<f8").tobytes()
        else:
            lists = {
                name: {"steps": steps.tolist(), "values": found.tolist()}
                for name, (steps, found) in arrays.items()
            }
            body = json.dumps({"metrics": lists}).encode()
        kind = BINARY if is_binary else "application/json"
        self._line.ask("POST", f"/api/v1/jobs/{job}/metrics/", body, kind)

    def _begin(self) -> str:
        self._jobs += 1
        asked = {"project": self._project, "elsewhere": {"name": f"bench {self._jobs}", "parameters": {}}}
        answer = json.loads(self._line.ask("POST", "/api/v1/jobs/", json.dumps(asked).encode()))
        return str(answer["id"])

    def write_here(self, *, steps: int, seed: int) -> float:
        """This will record a journal of 8 metrics a line, read and parsed, with its cursor in each transaction."""
        from jobs.attempt.recorder import Recorder, open_journal
        from jobs.models import Attempt, Job
        from jobs.operations.claims import claim
        from mtkd_engine.events import Metrics
        from mtkd_engine.journal import Journal

        _submitted(self._project)
        taken = claim(queue="cpu", worker="bench", threads=1, device="cpu")
        assert taken is not None
        folder = self._home / f"journal-{taken.job_id}"
        Attempt.objects.filter(pk=taken.attempt_id).update(folder=str(folder))
        with Journal(folder / "journal.jsonl") as journal:
            for step, row in enumerate(table(steps, seed=seed).tolist()):
                journal.append(Metrics(step=step, values=dict(zip(names(), row, strict=True))))
        open_journal(claim=taken)
        recorder = Recorder(claim=taken, attempt=Attempt.objects.get(pk=taken.attempt_id))
        began = time.perf_counter()
        while recorder.flush():
            pass
        seconds = time.perf_counter() - began
        assert Job.objects.get(pk=taken.job_id).cursor_seq == steps
        return seconds

    def load(self, *, points: int, seed: int) -> str:
        """This will post one curve."""
        job, made = self._begin(), values(points, seed=seed)
        for first in range(0, points, BATCH_POINTS):
            part = made[first : first + BATCH_POINTS]
            at = np.arange(first, first + len(part), dtype="<u4")
            self._send(job, {METRIC: (at, part)}, is_binary=True)
        return job

    def chart(self, runs: list[str], *, px: int) -> bytes:
        """This will ask as a script does; the pages' own feed sends the same points as bytes."""
        if len(runs) == 1:
            query = urlencode({"names": METRIC, "px": px})
            return self._line.ask("GET", f"/api/v1/jobs/{runs[0]}/metrics/?{query}")
        query = urlencode({"jobs": ",".join(runs), "name": METRIC, "px": px})
        return self._line.ask("GET", f"/api/v1/metrics/?{query}")

    def has_spike(self, answer: bytes) -> bool:
        """This will look into every curve of an answer."""
        return any(SPIKE in curve["values"] for curve in json.loads(answer)["series"].values())

    def bytes_per_point(self, *, points: int) -> float:
        """This will measure the table of chunks with its indexes, as it stands after a vacuum."""
        del points
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE jobs_metricchunk")
            cursor.execute(
                "SELECT pg_total_relation_size('jobs_metricchunk')::float8 / sum(points) FROM jobs_metricchunk"
            )
            row = cursor.fetchone()
        assert row is not None
        return float(row[0])

    def end(self) -> None:
        """This has nothing to end: the application ends with its block."""


def _submitted(slug: str) -> None:
    from jobs.models import Dataset, Project
    from jobs.operations.jobs import submit
    from jobs.operations.people import ensure_demo_project
    from mtkd_engine.spec import parse

    user, _ = ensure_demo_project()
    project = Project.objects.get(slug=slug)
    report = {"feature_width": 8}
    Dataset.objects.get_or_create(project=project, name="bench", content_hash="b", report=report)
    submit(project=project, user=user, spec=parse({"data": {"dataset": "bench"}}))


def database_for_a_peer(name: str) -> str:
    """This will make an empty database beside ours, on the same server, and return its address for SQLAlchemy."""
    from urllib.parse import quote

    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    ours = settings.DATABASES["default"]
    user = f"{quote(ours['USER'])}:{quote(ours['PASSWORD'])}"
    if not ours["HOST"].startswith("/"):
        return f"postgresql+psycopg2://{user}@{ours['HOST']}:{ours['PORT'] or 5432}/{name}"
    return f"postgresql+psycopg2://{user}@/{name}?host={quote(ours['HOST'])}&port={ours['PORT'] or 5432}"


def folder_of(application: Application, peer: str) -> Path:
    """This will return where a peer keeps its files, which go with the benchmark's."""
    return application.home / "peers" / peer
