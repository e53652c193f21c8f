"""Selections: samples that somebody has chosen, for the jobs that come after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from django.db import transaction

from jobs.models import FINAL, Dataset, Job, Selection, User
from jobs.models.selection import pack
from jobs.operations.errors import UnableToDelete, UnableToSelect, UnableToSubmit
from jobs.storage.hashing import StorageError
from jobs.storage.previews import labelled_files, sample_files
from mtkd_engine.sources import selections_of
from mtkd_engine.spec import Spec

MOST_SAMPLES = 200_000
LONGEST_NAME = 120
_LONGEST_ID = 1_000
_MOST_NAMED = 5


@transaction.atomic
def create_selection(
    *,
    dataset: Dataset,
    user: User,
    name: str,
    ids: Iterable[str],
    from_job: Job | None = None,
) -> Selection:
    """This will keep samples of a dataset under a name, for its project's jobs to leave out or to test on.

    The ids are taken once each, in their order. Raises UnableToSelect, whose `fields` are `name` and `samples`.
    """
    name, chosen = name.strip(), list(dict.fromkeys(ids))
    problems = {"name": _problem_with_name(name, dataset), "samples": _problem_with_ids(chosen, dataset)}
    fields = {field: text for field, text in problems.items() if text}
    if fields:
        raise _refused(fields)
    selection, is_new = Selection.objects.get_or_create(
        dataset=dataset,
        name=name,
        defaults={
            "project": dataset.project,
            "count": len(chosen),
            "packed": pack(chosen),
            "from_job": from_job,
            "created_by": user,
        },
    )
    if not is_new:
        raise _refused({"name": _taken(name, dataset)})
    return selection


@transaction.atomic
def delete_selection(*, selection: Selection, user: User) -> None:
    """This will delete a selection, unless a job that has not ended names it: then UnableToDelete names the job.

    Ended jobs keep their results; they can be retried no more.
    """
    del user  # who may is the caller's question
    row = Selection.objects.select_for_update().filter(pk=selection.pk).first()
    if row is None:
        return
    waiting = row.jobs.filter(deleted_at__isnull=True).exclude(state__in=FINAL).order_by("pk")
    named = [f"job {job.pk} is {job.state}" for job in waiting[: _MOST_NAMED + 1]]
    if named:
        more = " and others" if len(named) > _MOST_NAMED else ""
        raise UnableToDelete(
            f"The selection {row.name!r} is needed: {', '.join(named[:_MOST_NAMED])}{more}. Cancel that first."
        )
    row.delete()


def named_selections(spec: Spec, dataset: Dataset) -> list[Selection]:
    """This will find the selections that a spec names and keep them from deletion until the transaction ends.

    Raises UnableToSubmit, whose `fields` say which names are none of the dataset's.
    """
    names = selections_of(spec)
    held = Selection.objects.select_for_update(no_key=True).defer("packed")
    found = {row.name: row for row in held.filter(dataset=dataset, name__in=names).order_by("pk")}
    asked = [(f"data.leave_out.{place}", name) for place, name in enumerate(spec.data.leave_out)]
    asked += [("data.test_on", spec.data.test_on)] if spec.data.test_on is not None else []
    unknown = {path: _unknown(name, dataset) for path, name in asked if name not in found}
    if unknown:
        raise UnableToSubmit(" ".join(f"{path}: {text}" for path, text in unknown.items()), fields=unknown)
    return [found[name] for name in names]


def lost_selections(job: Job) -> list[str]:
    """This will list the names of selections that a job's spec asks for and that were deleted since."""
    data = job.spec.get("data", {})
    names = [*data.get("leave_out", ()), *filter(None, [data.get("test_on")])]
    held = set(job.selections.values_list("name", flat=True)) if names else set()
    return [name for name in dict.fromkeys(names) if name not in held]


def _problem_with_name(name: str, dataset: Dataset) -> str:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        given = name if len(name) <= LONGEST_NAME else f"{len(name):,} characters"
        return f"given {given!r}, accepted are 1 to {LONGEST_NAME} printable characters."
    return _taken(name, dataset) if dataset.selections.filter(name=name).exists() else ""


def _taken(name: str, dataset: Dataset) -> str:
    return f"given {name!r}, which {dataset.label!r} has already; accepted is another name."


def _problem_with_ids(ids: Sequence[str], dataset: Dataset) -> str:
    if not 1 <= len(ids) <= MOST_SAMPLES:
        return f"given {len(ids):,}, accepted are 1 to {MOST_SAMPLES:,}."
    odd = next((one for one in ids if "\n" in one or not one.strip() or len(one) > _LONGEST_ID), None)
    if odd is not None:
        return f"given {odd[:60]!r}, accepted are ids on one line of up to {_LONGEST_ID:,} characters."
    try:
        known = _ids_of(dataset)
    except StorageError as error:
        return str(error)
    strangers = [one for one in ids if one not in known] if known is not None else []
    if strangers:
        return (
            f"{len(strangers):,} of {len(ids):,} are none of {dataset.label!r}, the first is {strangers[0][:60]!r}; "
            "accepted are ids of its samples."
        )
    return ""


def _ids_of(dataset: Dataset) -> set[str] | None:
    """The ids of all samples; None where the dataset was sealed without them: then the engine is who looks."""
    files = sample_files(dataset) or labelled_files(dataset)
    if files is None:
        return None
    with files.samples.open("rb") as lines:
        return {str(json.loads(line)["id"]) for line in lines}


def _unknown(name: str, dataset: Dataset) -> str:
    known = list(dataset.selections.order_by("name").values_list("name", flat=True)[:20])
    if not known:
        return f"given {name!r}, but {dataset.label!r} has no selection yet; make one among the samples of a job."
    return f"given {name!r}, accepted is a selection of {dataset.label!r}: {', '.join(known)}."


def _refused(fields: dict[str, str]) -> UnableToSelect:
    return UnableToSelect(" ".join(f"{field}: {text}" for field, text in fields.items()), fields=fields)
