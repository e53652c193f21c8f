"""Whose table of samples is asked for over REST, where models teach each other."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from jobs.models import Job
from jobs.queries.participants import SAMPLES, inspected, is_between_models, participants_of

NAME = "participant"
PARTICIPANT = OpenApiParameter(
    NAME,
    str,
    description="Of a job whose models teach each other: whose samples, the first one's that learned unless given.",
)


def participant_of(job: Job, given: str) -> str:
    """This will check whose table of a job an address asks for; "" where it does not say. Raises ValidationError."""
    if not given:
        return ""
    if not is_between_models(job.spec):
        raise ValidationError(
            {NAME: f"given {given[:80]!r}, accepted is none: job {job.pk} has one student."}
        )
    if inspected(job.result, given) is None:
        known = ", ".join(one.name for one in participants_of(job.result) if SAMPLES in one.files)
        raise ValidationError({NAME: f"given {given[:80]!r}, accepted is one of {known or 'none'}."})
    return given
