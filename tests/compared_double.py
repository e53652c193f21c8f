"""Jobs to compare that have ended with qualities that were chosen: no engine ran."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jobs.chunks import Run
from jobs.models import Job
from jobs.operations.final_metrics import keep_final_metrics
from jobs.operations.metrics import MetricWriter
from tests.group_double import end_well


def ended(job: Job, iou: Sequence[float], *, parameters: int = 1000, **table: Any) -> Job:
    """This will let a job have succeeded with a table of samples, final metrics and a curve of loss and weights."""
    done = end_well(job, iou=iou, **table)
    done.result = {**(done.result or {}), "parameters": parameters}
    done.save()
    keep_final_metrics(done)
    with_curves(done, {"loss/total": 1.0, "weight/span": 0.25, "weight/map2d": 0.75})
    return done


def with_curves(job: Job, metrics: dict[str, float], *, count: int = 20) -> None:
    """This will write points of equal values, one each second."""
    steps = np.arange(count)
    attempt = job.attempts.order_by("-number")[0]
    runs = {
        name: Run(steps * len(metrics) + place + 1, steps, np.full(count, value), steps * 1000)
        for place, (name, value) in enumerate(metrics.items())
    }
    MetricWriter(job_id=job.pk, attempt_id=attempt.pk).write(runs)
