"""Groups of jobs: lists of them, and the jobs of one by what was changed in each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, Q, QuerySet

from jobs.models import ACTIVE, FINAL, Artifact, Group, Job, Project, State

PER_SAMPLE = "per_sample.parquet"
_READ = (
    *("pk", "name", "state", "step", "total_steps", "cancel_requested_at", "failure"),
    *("spec__group__cell", "spec__seed", "result__metrics"),
)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A group with how many jobs it has and how they stand; deleted ones do not count."""

    group: Group
    jobs: int
    succeeded: int
    ended_otherwise: int
    active: int

    @property
    def is_over(self) -> bool:
        """Whether all jobs have ended."""
        return self.succeeded + self.ended_otherwise == self.jobs


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A stored content by its hash and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Member:
    """One job of a group; `samples` is its per-sample table, None while there is none."""

    id: int
    cell: str
    seed: int
    name: str
    state: str
    is_cancelling: bool
    done: int
    """Percent."""
    failure: str
    metrics: Mapping[str, float]
    samples: Stored | None

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in FINAL


def list_groups(*, project: Project, limit: int = 50, before_id: int | None = None) -> list[Listed]:
    """This will list groups that have jobs, newest first; `before_id`, the last id of a page, asks for the next."""
    groups = Group.objects.filter(project=project).select_related("project", "submitted_by").order_by("-id")
    if before_id is not None:
        groups = groups.filter(id__lt=before_id)
    there = Q(jobs__deleted_at__isnull=True)
    otherwise = (State.FAILED, State.CANCELLED)
    counted = groups.annotate(
        there=Count("jobs", filter=there),
        succeeded=Count("jobs", filter=there & Q(jobs__state=State.SUCCEEDED)),
        otherwise=Count("jobs", filter=there & Q(jobs__state__in=otherwise)),
        active=Count("jobs", filter=there & Q(jobs__state__in=ACTIVE)),
    )
    return [
        Listed(
            group=group,
            jobs=group.there,
            succeeded=group.succeeded,
            ended_otherwise=group.otherwise,
            active=group.active,
        )
        for group in counted.filter(there__gt=0)[:limit]
    ]


def members_of(group: Group) -> list[Member]:
    """This will read the jobs of a group, in the order in which they were submitted."""
    jobs = cast(QuerySet[Any], Job.objects.filter(group=group, deleted_at__isnull=True).order_by("pk"))
    rows = [dict(zip(_READ, row, strict=True)) for row in jobs.values_list(*_READ)]
    tables = _tables([row["pk"] for row in rows])
    return [_member(row, tables.get(row["pk"])) for row in rows]


def _member(row: Mapping[str, Any], samples: Stored | None) -> Member:
    share = 100 * row["step"] // row["total_steps"] if row["total_steps"] else 0
    metrics = row["result__metrics"]
    return Member(
        id=row["pk"],
        cell=row["spec__group__cell"] or "",
        seed=row["spec__seed"],
        name=row["name"],
        state=row["state"],
        is_cancelling=row["cancel_requested_at"] is not None and row["state"] not in FINAL,
        done=100 if row["state"] == State.SUCCEEDED else min(100, share),
        failure=row["failure"],
        metrics=_finite(metrics) if isinstance(metrics, dict) and row["state"] == State.SUCCEEDED else {},
        samples=samples,
    )


def _finite(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in metrics.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _tables(jobs: list[int]) -> dict[int, Stored]:
    found = Artifact.objects.filter(job__in=jobs, name=PER_SAMPLE).values_list("job_id", "blob_id", "size")
    return {job: Stored(sha256=sha256, size=size) for job, sha256, size in found}
