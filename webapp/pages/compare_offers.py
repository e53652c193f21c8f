"""What a job or a group can be compared with, as links to the page that does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.urls import reverse

from jobs.models import Job
from jobs.queries.baselines import list_baselines
from jobs.queries.overlay import MOST_JOBS

NEWEST = 5


class Offer(NamedTuple):
    """A link in the menu of a job."""

    title: str
    address: str


def address_of(ids: Iterable[int]) -> str:
    """This will give the address at which jobs stand side by side, the first ones of too many."""
    named = ",".join(str(pk) for pk in list(dict.fromkeys(ids))[:MOST_JOBS])
    return f"{reverse('compare')}?jobs={named}"


def offers_to_compare(job: Job) -> list[Offer]:
    """This will list what a job may be held against: its group, baselines, its origin, the newest on its dataset."""
    there = Job.objects.filter(project=job.project_id, deleted_at__isnull=True).exclude(pk=job.pk)
    offers = []
    if job.group_id is not None:
        members = there.filter(group=job.group_id).order_by("pk").values_list("pk", flat=True)
        if members:
            offers.append(Offer("The jobs of its group", address_of([job.pk, *members])))
    for baseline in list_baselines(job.project):
        if baseline.job_id != job.pk:
            offers.append(Offer(f"Baseline {baseline.name}", address_of([job.pk, baseline.job_id])))
    if job.resubmitted_from_id is not None and there.filter(pk=job.resubmitted_from_id).exists():
        title = f"Job #{job.resubmitted_from_id}, from which it was changed"
        offers.append(Offer(title, address_of([job.pk, job.resubmitted_from_id])))
    newest = there.filter(dataset=job.dataset_id, elsewhere=job.elsewhere, archived_at=None).order_by("-pk")
    for pk, name in newest.values_list("pk", "name")[:NEWEST]:
        offers.append(Offer(f"#{pk} {name}".rstrip(), address_of([job.pk, pk])))
    return offers
