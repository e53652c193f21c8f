"""Tags and filters about registrations."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import timezone

from jobs.models import Project, Registration, RegistrationState
from jobs.queries.registrations import open_registrations
from webapp.templatetags.site import bytesize

register = template.Library()

ENDED_BADLY = (RegistrationState.REFUSED, RegistrationState.FAILED)
SHOWN_FOR = timedelta(days=1)
MOST_ENDED = 5
BYTE_PARTS = {"archives"}

PARTS = {
    "annotations": "Reading annotations",
    "archives": "Extracting archives",
    "clips": "Making streams of the videos",
    "conversion": "Converting the checkpoint",
    "features": "Reading features",
    "images": "Reading images",
    "model": "Comparing the tensors with the architecture",
    "predictions": "Reading predictions",
    "quality": "Measuring its quality",
    "samples": "Sealing the samples",
    "sealing": "Sealing the samples",
    "strips": "Drawing previews of the features",
    "videos": "Looking at the videos",
    "words": "Reading word vectors",
}


@register.filter
def counted(value: object) -> str:
    """This will write a whole number with separators, and anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@register.filter
def doing(registration: Registration) -> str:
    """This will say what a registration is at."""
    if registration.cancel_requested_at and not registration.is_final:
        return "Cancelling"
    if registration.state == RegistrationState.QUEUED:
        return "Waiting for a worker"
    part = registration.part
    return PARTS.get(part, part[:1].upper() + part[1:].replace("_", " ")) or "Starting the check"


@register.simple_tag
def registrations_of(project: Project) -> list[Registration]:
    """This will list what is on its way into a project, and what lately did not make it."""
    ended = Registration.objects.filter(
        project=project, state__in=ENDED_BADLY, finished_at__gt=timezone.now() - SHOWN_FOR
    )
    return [*open_registrations(project=project), *ended.order_by("-id")[:MOST_ENDED]]


@register.filter
def have_ended(registrations: list[Registration]) -> bool:
    """This will tell whether some of them have come to an end."""
    return any(row.is_final for row in registrations)


@register.filter
def done_of(registration: Registration) -> str:
    """This will write how much of the present part is done: of some parts in bytes."""
    write = bytesize if registration.part in BYTE_PARTS else counted
    return (
        f"{write(registration.done)} of {write(registration.of)}"
        if registration.of
        else write(registration.done)
    )


@register.filter
def timespan(seconds: int) -> str:
    """This will write a span of time as the page's scripts do: 3:07, or 1 h 02 min."""
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{seconds % 60:02}"
