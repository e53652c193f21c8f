"""Deleted jobs leave the database in small steps: however long one was, no transaction and no memory holds it whole."""

from __future__ import annotations

from django.db import connection, transaction

from jobs.models import Artifact, Attempt, Checkpoint, Event, Job, LogChunk, MetricChunk

AT_ONCE = 1_000  # rows of one transaction: what is read beside it waits for no long one
_OF_A_JOB = (MetricChunk, Event, LogChunk, Artifact, Checkpoint, Attempt)
"""The tables that grow with a job, those first that refer to others."""


def remove_deleted(limit: int = 50_000) -> int:
    """This will remove up to `limit` rows of deleted jobs, and at last the jobs; 0 when nothing is left to do.

    Their contents in the storage go with the next tidying up. Safe beside itself, and whenever it is cut off.
    """
    removed = 0
    for job_id in (
        Job.objects.filter(deleted_at__isnull=False).order_by("pk").values_list("pk", flat=True)[:100]
    ):
        while removed < limit:
            gone = _remove_rows(job_id, min(AT_ONCE, limit - removed))
            if not gone:
                removed += _remove_job(job_id)
                break
            removed += gone
    return removed


@transaction.atomic
def _remove_rows(job_id: int, limit: int) -> int:
    """Rows of the first table that has any; never read, only named by where they lie."""
    for model in _OF_A_JOB:
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE job_id = %s LIMIT %s)",  # noqa: S608
                [job_id, limit],
            )
            gone = int(cursor.rowcount)
        if gone:
            return gone
    return 0


@transaction.atomic
def _remove_job(job_id: int) -> int:
    row = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id, deleted_at__isnull=False).first()
    if row is None:
        return 0
    row.delete()
    return 1
