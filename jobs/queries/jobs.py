"""Jobs, for lists and for their own page."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Job, Project


def list_jobs(
    *, project: Project, state: str | None = None, limit: int = 50, before_id: int | None = None
) -> list[Job]:
    """This will list jobs, newest first; `before_id` (the last id of a page) asks for the page after it."""
    jobs = _with_names().filter(project=project).order_by("-id")
    if state is not None:
        jobs = jobs.filter(state=state)
    if before_id is not None:
        jobs = jobs.filter(id__lt=before_id)
    return list(jobs[:limit])


def job_detail(*, job_id: int) -> Job:
    """This will read one job with all its page shows; raises Job.DoesNotExist.

    Project, dataset and submitter are joined; teachers, attempts, artifacts and promotions are prefetched.
    """
    return _with_names().prefetch_related("teachers", "attempts", "artifacts", "promotions").get(pk=job_id)


def _with_names() -> QuerySet[Job]:
    return Job.objects.select_related("project", "dataset", "submitted_by")
