"""A project of thousands of ended jobs with their final metrics, written straight into the tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

METHODS = ("solo", "emtm", "aggregate")
STATES = ("succeeded", "failed", "cancelled", "running")
SHARES = (0.9, 0.05, 0.03, 0.02)
TEACHERS = ("span", "map2d", "saliency")
TAGS = ("nightly", "paper", "ablation", "ci", "broken")
QUALITY = ("miou", "r1@0.3", "r1@0.5", "r1@0.7")
BASELINES = ("blind", "best_single", "uniform", "static", "oracle", "teacher:span", "teacher:map2d")
AT_ONCE = 1_000


def fill(project: Any, user: Any, *, count: int, seed: int = 7) -> list[int]:
    """This will write `count` jobs of three methods on four datasets, about 40 final metrics each; it returns ids."""
    from jobs.models import Dataset, Job, Teacher

    draw = np.random.default_rng(seed)
    hashes = iter("0123456789abcdef")
    datasets = [
        Dataset.objects.create(project=project, name=f"world-{number}", content_hash=next(hashes) * 64)
        for number in range(4)
    ]
    teachers = [
        Teacher.objects.create(project=project, name=name, content_hash=next(hashes) * 64)
        for name in TEACHERS
    ]
    ids: list[int] = []
    for start in range(0, count, AT_ONCE):
        made = Job.objects.bulk_create(
            [
                _job(project, user, datasets, number, draw)
                for number in range(start, min(count, start + AT_ONCE))
            ]
        )
        _spread(made)
        _taught(made, teachers)
        _measured(made)
        ids += [job.pk for job in made]
    _analysed()
    return ids


def _job(project: Any, user: Any, datasets: list[Any], number: int, draw: np.random.Generator) -> Any:
    from jobs.models import Job

    dataset = datasets[number % len(datasets)]
    spec = _spec(METHODS[number % len(METHODS)], dataset.name, number, draw)
    state = str(draw.choice(STATES, p=SHARES))
    return Job(
        project=project,
        name=f"{spec['method']['kind']} on {dataset.name}, try {number}",
        spec=spec,
        spec_hash=f"{number:064x}",
        dataset=dataset,
        submitted_by=user,
        state=state,
        step=1_000,
        total_steps=1_000,
        tags=sorted({str(tag) for tag in draw.choice(TAGS, size=int(draw.integers(0, 3)))}),
        notes="looked at, keep this one" if number % 50 == 0 else "",
        result=_result(draw) if state == "succeeded" else None,
        gate_outcome=("passed", "failed", "")[number % 3] if state == "succeeded" else "",
    )


def _spec(method: str, dataset: str, number: int, draw: np.random.Generator) -> dict[str, Any]:
    from mtkd_engine.spec import parse

    raw: dict[str, Any] = {"data": {"dataset": dataset}, "method": {"kind": method}, "seed": number % 5}
    raw["optim"] = {"learning_rate": float(10 ** draw.uniform(-4, -2)), "epochs": int(draw.integers(4, 40))}
    if method != "solo":
        raw["teachers"] = list(TEACHERS[: 2 + number % 2])
    if method != "aggregate":
        raw["student"] = {"net": {"family": "span", "width": int(draw.choice((16, 24, 32, 48, 64)))}}
    return parse(raw).model_dump(mode="json")


def _result(draw: np.random.Generator) -> dict[str, Any]:
    base = float(draw.uniform(0.2, 0.6))

    def quality() -> dict[str, float]:
        return {name: float(np.clip(draw.normal(base, 0.05), 0, 1)) for name in QUALITY}

    return {
        "metrics": quality(),
        "best": {"val": quality()},
        "best_step": int(draw.integers(100, 1_000)),
        "baselines": {name: quality() for name in BASELINES},
        "parameters": int(draw.integers(20_000, 2_000_000)),
        "cost": {
            "student": {
                "parameters": int(draw.integers(20_000, 2_000_000)),
                "macs": int(draw.integers(10**6, 10**8)),
                "memory_bytes": int(draw.integers(10**6, 10**8)),
                "latency_ms": float(draw.uniform(0.5, 20)),
                "latency_p90_ms": float(draw.uniform(0.5, 30)),
            }
        },
        "notes": ["Read on two threads."],
    }


def _spread(made: list[Any]) -> None:
    """Times in the order of the ids, a quarter of an hour apart."""
    from django.utils import timezone

    from jobs.models import Job

    now = timezone.now() - timedelta(days=120)
    for job in made:
        job.created_at = job.queued_at = now + timedelta(minutes=15 * (job.pk % 11_000))
        job.started_at = job.created_at + timedelta(minutes=1)
        job.finished_at = (
            None if job.state == "running" else job.created_at + timedelta(seconds=90 + job.pk % 900)
        )
    Job.objects.bulk_update(made, ["created_at", "queued_at", "started_at", "finished_at"])


def _taught(made: list[Any], teachers: list[Any]) -> None:
    from jobs.models import Job

    through = Job.teachers.through
    by_name = {teacher.name: teacher.pk for teacher in teachers}
    through.objects.bulk_create(
        through(job_id=job.pk, teacher_id=by_name[teacher["name"]])
        for job in made
        for teacher in job.spec["teachers"]
    )


def _measured(made: list[Any]) -> None:
    from jobs.models import FinalMetric
    from jobs.operations.final_metrics import final_metrics_of

    FinalMetric.objects.bulk_create(
        FinalMetric(job_id=job.pk, name=name, value=value)
        for job in made
        if job.state == "succeeded"
        for name, value in final_metrics_of(
            job.result, elsewhere=False, started_at=job.started_at, finished_at=job.finished_at
        ).items()
    )


def _analysed() -> None:
    """What autovacuum does within a minute of so many rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
