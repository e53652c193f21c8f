"""The jobs that are compared, with their specs, final metrics and per-sample tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.models import FINAL, Artifact, Dataset, Job
from jobs.queries.final_metrics import of_jobs
from jobs.queries.groups import PER_SAMPLE, Stored

COLORS = 8


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the jobs that are compared; `tested_on` is the same for two jobs whose sample ids mean the same."""

    job: Job
    color: int
    metrics: Mapping[str, float]
    samples: Stored | None

    @property
    def id(self) -> int:
        """The job's."""
        return int(self.job.pk)

    @property
    def spec(self) -> Mapping[str, Any]:
        """What was submitted, or for a job trained elsewhere what its owner told of it."""
        found: Mapping[str, Any] = self.job.spec
        return found

    @property
    def method(self) -> str:
        """Kind of the method; empty for a job trained elsewhere."""
        return str((self.spec.get("method") or {}).get("kind", ""))

    @property
    def cell(self) -> str:
        """In its group; empty for the reference and without a group."""
        return str((self.spec.get("group") or {}).get("cell") or "")

    @property
    def seed(self) -> int | None:
        """Of the spec, or of the parameters of a job trained elsewhere."""
        found = (
            (self.spec.get("parameters") or {}).get("seed") if self.job.elsewhere else self.spec.get("seed")
        )
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def teachers(self) -> list[str]:
        """Their names."""
        return [] if self.job.elsewhere else [teacher["name"] for teacher in self.spec.get("teachers") or ()]

    @property
    def tested_on(self) -> tuple[str, int] | None:
        """Versions of a dataset share their sample ids."""
        dataset: Dataset | None = self.job.dataset
        return None if dataset is None else (dataset.name, dataset.project_id)

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.job.state in FINAL


def read_sides(ids: Sequence[int]) -> list[Side]:
    """This will read jobs in the order of their ids as given, in a few queries; deleted ones are left out."""
    related = ("project", "dataset", "group")
    jobs = Job.objects.select_related(*related).defer("result", "gates", "failure", "notes")
    found = {job.pk: job for job in jobs.filter(pk__in=ids, deleted_at__isnull=True)}
    metrics, tables, colors = of_jobs(found), _tables(found), colors_of(found)
    return [
        Side(job=found[pk], color=colors[pk], metrics=metrics[pk], samples=tables.get(pk))
        for pk in dict.fromkeys(ids)
        if pk in found
    ]


def teachers_of(ids: Sequence[int]) -> dict[int, list[str]]:
    """This will name the teachers of each job of ours as its spec does; jobs in the order of their ids as given."""
    rows = Job.objects.filter(pk__in=ids, deleted_at__isnull=True, elsewhere=False)
    found = {
        job: [teacher["name"] for teacher in teachers or ()]
        for job, teachers in rows.values_list("pk", "spec__teachers")
    }
    return {job: found[job] for job in dict.fromkeys(ids) if job in found}


def _tables(jobs: Mapping[int, Job]) -> dict[int, Stored]:
    rows = Artifact.objects.filter(job__in=list(jobs), name=PER_SAMPLE).values_list(
        "job_id", "blob_id", "size"
    )
    return {job: Stored(sha256=sha256, size=size) for job, sha256, size in rows}


def colors_of(ids: Sequence[int] | Mapping[int, object]) -> dict[int, int]:
    """This will give each job a number for its colour, which depends on the jobs and not on their order.

    The place in the palette is the number modulo 8, by the id where that place is free: a job keeps its colour when
    another one comes or goes, mostly. After eight jobs the palette begins anew.
    """
    found: dict[int, int] = {}
    for turn, pk in enumerate(sorted(ids)):
        first = turn // COLORS * COLORS
        taken = {color for color in found.values() if color >= first}
        places = ((pk + more) % COLORS + first for more in range(COLORS))
        found[pk] = next(place for place in places if place not in taken)
    return found
