"""What badges say: how a job stands, or one of its final metrics."""

from __future__ import annotations

from jobs.models import Baseline, Job
from jobs.queries.final_metrics import of_jobs, value_of


def find_job(job_id: int) -> Job | None:
    """This will find a job that was not deleted."""
    return Job.objects.filter(pk=job_id, deleted_at__isnull=True).first()


def find_baseline(*, slug: str, name: str) -> Baseline | None:
    """This will find a baseline of a project, with its job."""
    found = Baseline.objects.filter(project__slug=slug, name=name, job__deleted_at__isnull=True)
    return found.select_related("job").first()


def metric_of(job: Job, name: str) -> float | None:
    """This will give a final metric of a job by its name, or by its last part where it is one of test."""
    return value_of(of_jobs([job.pk]).get(job.pk, {}), name)
