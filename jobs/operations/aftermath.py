"""What follows from the end of a job, in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.models import Group, Job
from jobs.operations.final_metrics import keep_final_metrics
from jobs.operations.gates import judge
from jobs.operations.webhooks import announce_job


def hold_groups(jobs: Iterable[Job]) -> None:
    """This will keep the groups of jobs until the present transaction ends; the caller has locked all the jobs.

    It comes before the first end of a transaction that ends several jobs. Ends lock one group after the other, and two
    such transactions would do so in different orders and wait for each other.
    """
    ids = {job.group_id for job in jobs if job.group_id is not None}
    list(Group.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))


def after_end(*, job_id: int) -> None:
    """This will keep the final metrics of a job that has just become final, judge its gates and announce its end.

    The caller holds the job's row, and has written its state and result.
    """
    job = Job.objects.select_related("project").get(pk=job_id)
    keep_final_metrics(job)
    judge(job)
    announce_job(job_id=job_id)
