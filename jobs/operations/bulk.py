"""One action on many jobs: each is asked for itself, and says in a sentence what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection

from jobs.models import Job, Project, User
from jobs.operations.aftermath import hold_groups
from jobs.operations.errors import UnableTo, UnableToAct
from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import delete_job, request_pause, resume, retry
from jobs.operations.tags import clean_tags, describe_job, tag_job, untag_job

MOST = 1_000
"""Jobs of one call: somebody waits for the answer."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one job: whether it was done, and the sentence about it."""

    job: int
    done: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Action:
    """An operation on one job, and what to say when it was done."""

    title: str
    ask: Callable[..., Any]
    says: Callable[[int, str], str]
    needs_tags: bool = False


ACTIONS: Mapping[str, Action] = {
    "cancel": Action(
        title="Cancel", ask=request_cancel, says=lambda job, _: f"Job {job} was asked to be cancelled."
    ),
    "pause": Action(title="Pause", ask=request_pause, says=lambda job, _: f"Job {job} was asked to pause."),
    "resume": Action(title="Resume", ask=resume, says=lambda job, _: f"Job {job} goes on."),
    "retry": Action(title="Retry", ask=retry, says=lambda job, _: f"Job {job} waits in its queue again."),
    "archive": Action(
        title="Archive",
        ask=partial(describe_job, archived=True),
        says=lambda job, _: f"Job {job} is archived.",
    ),
    "unarchive": Action(
        title="Take out of the archive",
        ask=partial(describe_job, archived=False),
        says=lambda job, _: f"Job {job} is not archived.",
    ),
    "tag": Action(
        title="Add tags", ask=tag_job, says=lambda job, tags: f"Job {job} is tagged {tags}.", needs_tags=True
    ),
    "untag": Action(
        title="Remove tags",
        ask=untag_job,
        says=lambda job, tags: f"Job {job} is not tagged {tags}.",
        needs_tags=True,
    ),
    "delete": Action(title="Delete", ask=delete_job, says=lambda job, _: f"Job {job} was deleted."),
}


def act_on_jobs(
    *, project: Project, user: User, action: str, jobs: Sequence[int], tags: Sequence[str] = ()
) -> list[Result]:
    """This will carry out an action on jobs of a project, one after the other in the order of their ids.

    What is refused for one job stops none of the others. Each job has a transaction of its own, unless the caller is
    in one: then all of them are locked first, as by everybody who ends several jobs at once. Raises UnableToAct where
    nothing was even tried: `fields` are `action`, `jobs` and `tags`.
    """
    wanted = sorted(set(jobs))
    labels = clean_tags(tags)
    chosen = _checked(action, wanted, labels)
    found = Job.objects.filter(project=project, pk__in=wanted, deleted_at__isnull=True)
    if connection.in_atomic_block:
        found = found.select_for_update()
    rows = {job.pk: job for job in found.order_by("pk")}
    if connection.in_atomic_block:
        hold_groups(rows.values())
    extra = {"tags": labels} if chosen.needs_tags else {}
    return [_one(chosen, rows.get(job_id), job_id, user, extra) for job_id in wanted]


def _one(action: Action, job: Job | None, job_id: int, user: User, extra: dict[str, list[str]]) -> Result:
    if job is None:
        return Result(job=job_id, done=False, sentence=f"Job {job_id} is none of this project.")
    try:
        action.ask(job=job, user=user, **extra)
    except UnableTo as refusal:
        return Result(job=job_id, done=False, sentence=refusal.message)
    return Result(job=job_id, done=True, sentence=action.says(job_id, ", ".join(extra.get("tags", ()))))


def _checked(action: str, jobs: Sequence[int], tags: Sequence[str]) -> Action:
    fields: dict[str, str] = {}
    chosen = ACTIONS.get(action)
    if chosen is None:
        fields["action"] = f"given {action[:40]!r}, accepted is one of {', '.join(ACTIONS)}."
    elif chosen.needs_tags and not tags:
        fields["tags"] = f"given none, but {action} needs one."
    elif tags and not chosen.needs_tags:
        fields["tags"] = f"given {', '.join(tags)[:60]!r}, but {action} takes none."
    if not 1 <= len(jobs) <= MOST:
        fields["jobs"] = f"given {len(jobs):,}, accepted are 1 to {MOST:,} at a time."
    if fields or chosen is None:
        raise UnableToAct(" ".join(f"{field}: {text}" for field, text in fields.items()), fields=fields)
    return chosen
