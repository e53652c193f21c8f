"""Which fields of their specs the jobs of a project have, to be offered as columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobs.models import Job, Project
from jobs.queries.table.columns import OF_ROW
from jobs.queries.table.names import LONGEST_NAME, is_spec_path

NEWEST = 100
MOST_PATHS = 300


def spec_paths_in(project: Project) -> list[str]:
    """This will list the dotted paths of plain values in the specs of a project's newest 100 jobs."""
    there = Job.objects.filter(project=project, deleted_at__isnull=True)
    found: dict[str, None] = {}
    for spec in there.order_by("-pk").values_list("spec", flat=True)[:NEWEST]:
        found |= dict.fromkeys(_paths(spec, ""))
    return sorted(path for path in found if _can_be_offered(path))[:MOST_PATHS]


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if "." not in key:
                yield from _paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from _paths(item, path)
    elif path and value != []:
        yield path


def _can_be_offered(path: str) -> bool:
    if path in OF_ROW or not is_spec_path(path):
        return False
    return len(path) <= LONGEST_NAME and "," not in path and path.isprintable()
