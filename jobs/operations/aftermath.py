"""What follows from the end of a job, in the transaction that ends it."""

from __future__ import annotations

from jobs.models import Job
from jobs.operations.final_metrics import keep_final_metrics
from jobs.operations.gates import judge
from jobs.operations.webhooks import announce_job


def after_end(*, job_id: int) -> None:
    """This will keep the final metrics of a job that has just become final, judge its gates and announce its end.

    The caller holds the job's row, and has written its state and result.
    """
    job = Job.objects.select_related("project").get(pk=job_id)
    keep_final_metrics(job)
    judge(job)
    announce_job(job_id=job_id)
