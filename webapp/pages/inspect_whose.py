"""Inspect: whose samples are looked at, where models teach each other and each that learned has a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpRequest, QueryDict

from jobs.models import Job
from jobs.queries.participants import SAMPLES, inspected, is_between_models, participants_of
from webapp.forms.inspect import PARTICIPANT


class Whose(NamedTuple):
    """The chosen participant; `asked` is how addresses name it, empty for the first one. Both are of other jobs."""

    name: str
    asked: str


def whose_of(request: HttpRequest, job: Job) -> Whose:
    """This will tell whom an address asks about, or the query that a form was sent with; the first one else."""
    if not is_between_models(job.spec):
        return Whose("", "")
    first = inspected(job.result)
    text = request.GET.get(PARTICIPANT) or QueryDict(request.POST.get("query", "")).get(PARTICIPANT) or ""
    found = inspected(job.result, text) or first
    if found is None or first is None:
        return Whose("", "")
    return Whose(found.name, "" if found.name == first.name else found.name)


def choices_of(job: Job, whose: Whose, query: Callable[[str], str]) -> list[tuple[str, str, bool]]:
    """This will list whose samples can be looked at: name, what its address asks, and whether it is the chosen one.

    `query` spells the address of a participant, of the first one for the empty name. Nothing where there is one only.
    """
    if not whose.name:
        return []
    known = sorted(
        (one for one in participants_of(job.result) if SAMPLES in one.files), key=lambda one: not one.learns
    )
    if len(known) < 2:
        return []
    return [
        (one.name, query("" if place == 0 else one.name), one.name == whose.name)
        for place, one in enumerate(known)
    ]
