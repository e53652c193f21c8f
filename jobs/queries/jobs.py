"""Jobs, for lists and for their own page."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Checkpoint, Job, Project


def list_jobs(*, project: Project, limit: int = 50) -> list[Job]:
    """This will list the newest jobs of a project that are not archived."""
    jobs = _with_names().filter(project=project, archived_at__isnull=True)
    return list(jobs.order_by("-id")[:limit])


def job_detail(*, job_id: int) -> Job:
    """This will read one job with all its page shows; raises Job.DoesNotExist.

    Project, dataset, group and submitter are joined; teachers, attempts, artifacts, promotions and the published
    checkpoints (newest first) are prefetched.
    """
    hanging = ("teachers", "attempts", "artifacts", "promotions", "checkpoints__attempt")
    return _with_names().prefetch_related(*hanging).get(pk=job_id)


def published_checkpoint(job: Job) -> Checkpoint | None:
    """This will give the newest checkpoint in the storage that the job would go on from elsewhere."""
    usable = (found for found in job.checkpoints.all() if not found.attempt.is_void)
    return next(usable, None)


def _with_names() -> QuerySet[Job]:
    """Deleted jobs are nowhere, also while their rows are still being removed."""
    return Job.objects.select_related("project", "dataset", "submitted_by", "group").filter(
        deleted_at__isnull=True
    )
