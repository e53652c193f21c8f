"""Registrations, for lists and for their own page."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import REGISTRATION_FINAL, Project, Registration, RegistrationState


def list_registrations(
    *, project: Project, limit: int = 50, before_id: int | None = None
) -> list[Registration]:
    """This will list registrations, newest first; `before_id` (the last id of a page) asks for the next page."""
    found = _with_names().filter(project=project).order_by("-id")
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    return list(found.prefetch_related("uploads")[:limit])


def open_registrations(*, project: Project) -> list[Registration]:
    """This will list those that have not come to an end, oldest first."""
    return list(_with_names().filter(project=project).exclude(state__in=REGISTRATION_FINAL).order_by("id"))


def registration_detail(*, registration_id: int) -> Registration:
    """This will read one with all its page shows; raises Registration.DoesNotExist."""
    return _with_names().prefetch_related("uploads").get(pk=registration_id)


def is_under_way(registration: Registration) -> bool:
    """This will tell whether a worker has it or will have it: nobody is asked, and it has not ended."""
    return registration.state in {RegistrationState.QUEUED, RegistrationState.CHECKING}


def _with_names() -> QuerySet[Registration]:
    return Registration.objects.select_related(
        "project", "user", "dataset", "teacher", "measured_on", "from_job", "new_version_of"
    )
