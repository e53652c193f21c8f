"""Projects are made, and an administrator sets things about them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils.text import slugify

from jobs.doorbell import ring
from jobs.models import Job, Membership, Project, Role, State, User
from jobs.operations.errors import UnableToChange, UnableToCreate
from jobs.operations.unchanged import UNCHANGED, Unchanged
from mtkd_engine.spec import parse_gate
from mtkd_engine.spec.gates import MOST_GATES

MOST_JOBS = 1000
LONGEST_DAYS = 36_500


@transaction.atomic
def create_project(*, name: str, user: User) -> Project:
    """This will make a project whose administrator is `user`; a name in use raises UnableToCreate."""
    name = name.strip()
    slug = slugify(name)
    if not slug or len(name) > 80:
        raise UnableToCreate(
            f"name: given {name!r}, accepted are up to 80 characters with at least one letter or digit.",
            fields={"name": "up to 80 characters with at least one letter or digit are accepted."},
        )
    if Project.objects.filter(slug=slug).exists() or Project.objects.filter(name=name).exists():
        raise UnableToCreate(
            f"name: given {name!r}, but a project of that name exists already.",
            fields={"name": f"given {name!r}, but a project of that name exists already."},
        )
    project = Project.objects.create(name=name, slug=slug)
    Membership.objects.create(project=project, user=user, role=Role.ADMIN)
    return project


@transaction.atomic
def change_project(
    *,
    project: Project,
    user: User,
    job_limit: int | Unchanged | None = UNCHANGED,
    keep_days: int | Unchanged | None = UNCHANGED,
    gates: Sequence[str] | Unchanged = UNCHANGED,
) -> Project:
    """This will set how many jobs of a project run at the same time, how many days ended ones are kept, and its policy.

    None takes a limit away; a job limit of 0 lets nothing begin, what runs goes on. `gates` are rules that every job
    which ends from now on is judged by. Raises UnableToChange, whose `fields` name a rule by its place: "gates.2".
    """
    del user  # who may is the caller's question
    given = {"job_limit": (job_limit, 0, MOST_JOBS), "keep_days": (keep_days, 1, LONGEST_DAYS)}
    fields = {
        name: f"given {value!r}, accepted is a whole number from {low} to {high}, or nothing for no limit."
        for name, (value, low, high) in given.items()
        if not isinstance(value, Unchanged) and not _fits(value, low, high)
    }
    rules, refused = _rules(() if isinstance(gates, Unchanged) else gates)
    if fields := fields | refused:
        raise UnableToChange(" ".join(f"{name}: {text}" for name, text in fields.items()), fields=fields)
    changes: dict[str, object] = {
        name: value for name, (value, _, _) in given.items() if not isinstance(value, Unchanged)
    }
    if not isinstance(gates, Unchanged):
        changes["gates"] = rules
    if changes:
        Project.objects.filter(pk=project.pk).update(**changes)
    if "job_limit" in changes:
        _ring_for_waiting(project)
    project.refresh_from_db()
    return project


def _fits(value: int | None, low: int, high: int) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _rules(texts: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The rules in their plain spelling, once each, and what is wrong with the others by path."""
    if len(texts) > MOST_GATES:
        return [], {"gates": f"given {len(texts)} of them, accepted are {MOST_GATES} at most."}
    rules: list[str] = []
    fields: dict[str, str] = {}
    for place, text in enumerate(texts):
        try:
            rules.append(parse_gate(text).text)
        except ValueError as error:
            fields[f"gates.{place}"] = f"{error}."
    return list(dict.fromkeys(rules)), fields


def _ring_for_waiting(project: Project) -> None:
    waiting = Job.objects.filter(project=project, state=State.QUEUED, deleted_at__isnull=True)
    for queue in waiting.order_by().values_list("queue", flat=True).distinct():
        transaction.on_commit(partial(ring, queue), robust=True)
