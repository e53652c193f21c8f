"""Final metrics of jobs: their values, and which there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobs.models import FinalMetric, Job, Project, State

NEWEST = 200
TEST = "test/"


def of_jobs(ids: Iterable[int]) -> dict[int, dict[str, float]]:
    """This will read the final metrics of jobs by id and name; a job without any has an empty entry."""
    found: dict[int, dict[str, float]] = {job: {} for job in ids}
    rows = FinalMetric.objects.filter(job__in=list(found)).order_by("job_id", "name")
    for job, name, value in rows.values_list("job_id", "name", "value"):
        found[job][name] = value
    return found


def names_in(project: Project) -> list[str]:
    """This will name the final metrics that the newest 200 succeeded jobs of a project have, in order."""
    ended = Job.objects.filter(project=project, state=State.SUCCEEDED, deleted_at__isnull=True)
    newest = ended.order_by("-id").values("pk")[:NEWEST]
    names = FinalMetric.objects.filter(job__in=newest).order_by().values_list("name", flat=True).distinct()
    return sorted(names)


def value_of(metrics: Mapping[str, float], name: str) -> float | None:
    """This will look a final metric up by its name; one without a split is meant on test."""
    return metrics.get(name, metrics.get(f"{TEST}{name}"))
