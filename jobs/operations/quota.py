"""How much room a project may take, and how much it takes."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, Sum

from jobs.models import Blob, Project, Upload

GB = 10**9


def quota_of(project: Project) -> int:
    """This will give the most bytes that a project's datasets, teachers and open uploads may take."""
    return settings.PROJECT_QUOTA if project.quota_bytes is None else project.quota_bytes


def used_bytes(project: Project) -> int:
    """This will add up a project's datasets and teachers, each content once, and what its uploads announced."""
    files = Q(files__dataset__project=project) | Q(files__teacher__project=project)
    blobs = Blob.objects.filter(pk__in=Blob.objects.filter(files).values("pk"))
    stored = blobs.aggregate(bytes=Sum("size"))["bytes"] or 0
    coming = Upload.objects.filter(project=project).aggregate(bytes=Sum("size"))["bytes"] or 0
    return int(stored) + int(coming)


def new_bytes(project: Project, blobs: Iterable[Blob]) -> int:
    """This will add up the contents that a project does not have yet, each once."""
    sizes = {blob.pk: blob.size for blob in blobs}
    of_project = Q(files__dataset__project=project) | Q(files__teacher__project=project)
    for known in Blob.objects.filter(of_project, pk__in=sizes).values_list("pk", flat=True).distinct():
        del sizes[known]
    return sum(sizes.values())


def beyond_quota(project: Project, *, more: int) -> str | None:
    """This will say in a sentence why a project has no room for `more` bytes, None where it has."""
    used, quota = used_bytes(project), quota_of(project)
    if used + more <= quota:
        return None
    return (
        f"{in_gb(more)} do not fit: {project.name} uses {in_gb(used)} of its {in_gb(quota)}, "
        "open uploads included."
    )


def in_gb(size: int) -> str:
    """This will spell a number of bytes, as in 1.25 GB, and small ones as they are."""
    return f"{size / GB:,.2f} GB" if size >= GB // 100 else f"{size:,} bytes"
