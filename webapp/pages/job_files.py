"""The files of a job as its page lists them: those of each participant together, and what is of all."""

from __future__ import annotations

from jobs.models import Artifact, Job
from jobs.queries.participants import participants_of

FOR_ALL = "Of the whole job"


def artifact_groups(job: Job) -> list[tuple[str, list[Artifact]]]:
    """This will give pairs of title and files; a job without participants has one group, without a title."""
    files = list(job.artifacts.all())
    groups: list[tuple[str, list[Artifact]]] = []
    taken: set[str] = set()
    for one in participants_of(job.result):
        own = {*one.files.values()} - taken
        taken |= own
        if found := [file for file in files if file.name in own]:
            groups.append((one.name, found))
    rest = [file for file in files if file.name not in taken]
    if not groups:
        return [("", rest)] if rest else []
    return [*groups, (FOR_ALL, rest)] if rest else groups
