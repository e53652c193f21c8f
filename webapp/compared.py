"""What compared jobs say side by side: for their page and for REST alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django.http import Http404

from jobs.comparisons.cells import Cells, by_sample, cells_of
from jobs.models import Job
from jobs.queries.comparing.axes import axes_of
from jobs.queries.comparing.curves import curve_names
from jobs.queries.comparing.sides import Side, read_sides
from jobs.queries.comparing.specs import diff_of
from jobs.queries.overlay import MOST_JOBS
from webapp.access import Asker, may

LONGEST_ID = 18
NAMED = 10


class NotTheirsError(Exception):
    """Something was asked for that the jobs do not have; `fields` says what, in a sentence each."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def job_ids(given: str) -> list[int]:
    """This will read ids divided by commas, each once, in their order; raises ValueError with a sentence."""
    parts = [part.strip() for part in given.split(",") if part.strip()]
    good = all(part.isascii() and part.isdecimal() and len(part) <= LONGEST_ID for part in parts)
    ids = list(dict.fromkeys(int(part) for part in parts)) if good else []
    if not 1 <= len(ids) <= MOST_JOBS:
        raise ValueError(f"accepted are the ids of 1 to {MOST_JOBS} jobs, divided by commas.")
    return ids


def visible_jobs(asker: Asker, ids: Sequence[int], *, route: str) -> list[Job]:
    """This will find those of the jobs that the asker may see, in their order; Http404 where that is none of them.

    Their projects are joined; specs and results are not read.
    """
    rows = Job.objects.filter(pk__in=ids, deleted_at__isnull=True).select_related("project")
    jobs = rows.only("name", "state", "project__name", "project__slug")
    projects = {job.project_id: job.project for job in jobs}
    seen = {pk for pk, project in projects.items() if may(user=asker.user, project=project, route=route)}
    found = {job.pk: job for job in jobs if job.project_id in seen}
    if not found:
        raise Http404(missing_of(ids, []))
    return [found[pk] for pk in ids if pk in found]


def all_visible_or_404(asker: Asker, ids: Sequence[int], *, route: str) -> None:
    """This will check that the asker may see all these jobs: one of a project of others is, for them, none at all."""
    if missing := missing_of(ids, visible_jobs(asker, ids, route=route)):
        raise Http404(missing)


def missing_of(ids: Sequence[int], found: Sequence[Job]) -> str:
    """This will say in a sentence which of the jobs are not there; empty where all are."""
    missing = sorted(set(ids) - {job.pk for job in found})
    named = ", ".join(map(str, missing[:NAMED])) + (" and more" if len(missing) > NAMED else "")
    return (
        f"There is nothing under {named}, or it belongs to a project you are not a member of."
        if missing
        else ""
    )


def compared(
    ids: Sequence[int], *, metric: str | None = None, reference: int | None = None, seconds: float
) -> dict[str, Any]:
    """This will say all of some jobs but their curves, weights and samples, as JSON (`CompareShape`).

    No comparison is begun once `seconds` have gone. Raises NotTheirsError for a metric or reference they do not have.
    """
    sides = read_sides(ids)
    names = sorted({name for side in sides for name in side.metrics})
    _check(sides, names, metric=metric, reference=reference)
    values = [[side.metrics.get(name) for side in sides] for name in names]
    diff = diff_of([side.spec for side in sides])
    cells = cells_of(sides, names=names, metric=metric, reference=reference, seconds=seconds)
    return {
        "jobs": [_job(side) for side in sides],
        "metrics": curve_names([side.id for side in sides]),
        "spec": {
            "fields": [{"path": field.path, "values": field.values} for field in diff.fields],
            "same": diff.same,
        },
        "final": {"names": names, "values": values},
        "cells": _cells(cells),
        "axes": [
            {"name": axis.name, "kind": axis.kind, "better": axis.better, "values": axis.values}
            for axis in axes_of(names, values, diff)
        ],
        "is_settled": all(side.is_final for side in sides)
        and not any(row.is_comparing for row in cells.rows),
    }


def _check(sides: Sequence[Side], names: Sequence[str], *, metric: str | None, reference: int | None) -> None:
    metrics = by_sample(names)
    if metric is not None and metric not in metrics:
        known = ", ".join(metrics) or "none yet, for no job has ended well"
        raise NotTheirsError({"metric": f"given {metric[:80]!r}, accepted is one of {known}."})
    if reference is not None and all(side.id != reference for side in sides):
        raise NotTheirsError({"reference": f"given {reference}, accepted is the id of one of the jobs."})


def _job(side: Side) -> dict[str, Any]:
    job = side.job
    return {
        "id": side.id,
        "name": job.name,
        "project": job.project.slug,
        "state": job.state,
        "color": side.color,
        "method": side.method,
        "dataset": None if job.dataset is None else job.dataset.label,
        "group": job.group_id,
        "group_name": "" if job.group is None else job.group.name,
        "cell": side.cell,
        "seed": side.seed,
        "tags": job.tags,
        "gate_outcome": job.gate_outcome,
        "elsewhere": job.elsewhere,
        "step": job.step,
        "total_steps": job.total_steps,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "has_samples": side.samples is not None,
        "has_weights": bool(side.teachers),
    }


def _cells(cells: Cells) -> dict[str, Any]:
    rows = [
        {
            "key": cell.key,
            "title": cell.title,
            "jobs": [side.id for side in cell.sides],
            "n": cell.n.tolist(),
            "mean": _spelled(cell.mean.tolist()),
            "sd": _spelled(cell.sd.tolist()),
            "is_reference": cell.is_reference,
            "difference": difference(cell.difference),
            "is_comparing": cell.is_comparing,
        }
        for cell in cells.rows
    ]
    return {
        "metric": cells.metric,
        "metrics": list(cells.metrics),
        "reference": next(cell.key for cell in cells.rows if cell.is_reference),
        "rows": rows,
    }


def difference(found: Any) -> dict[str, Any] | None:
    """This will spell a comparison for JSON."""
    if found is None:
        return None
    told = {name: getattr(found, name) for name in ("mean", "low", "high", "seeds", "samples")}
    return {**told, "is_decided": found.is_decided}


def _spelled(values: Sequence[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
