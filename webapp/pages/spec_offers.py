"""What the form of a spec offers in a project: tasks, and the datasets, teachers and selections of the chosen one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from jobs.models import Dataset, Project, Teacher, TeacherKind
from jobs.operations.fitting import CLASSIFICATION, knows_all_classes
from jobs.queries.selections import list_selections
from jobs.queries.sources import find_dataset, list_datasets, list_teachers
from mtkd_engine.spec import SPECS
from mtkd_engine.spec.measures import measures_of
from webapp.forms.layout import GATES_FIELD
from webapp.forms.spec import SpecForm
from webapp.pages.gates import gate_hints

TASKS = tuple((task, spec.model_fields["task"].description or task) for task, spec in SPECS.items())
"""Each task with what it is."""
ELDEST = TASKS[0][0]
_NAMED = 3


def fits_task(start: Mapping[str, Any], task: str) -> bool:
    """This will tell whether a plain spec can be shown by the form of a task; one that names none can."""
    return str(start.get("task", task)) == task


def chosen_task(project: Project, asked: str, start: Mapping[str, Any]) -> str:
    """This will say which task a form is for: the one that was asked for, that of the spec it starts from or of a
    dataset or selection that this names, else that of the project's newest dataset.
    """
    if asked in SPECS:
        return asked
    if start.get("task") in SPECS:
        return str(start["task"])
    data = start.get("data") or {}
    named = [data.get("test_on"), *(data.get("leave_out") or ())]
    if data.get("dataset"):
        found = find_dataset(project, str(data["dataset"]))
    elif (
        selection := list_selections(project=project)
        .filter(name__in=[name for name in named if name])
        .first()
    ):
        found = selection.dataset
    else:
        found = list_datasets(project=project).order_by("-pk").first()
    return found.task if found is not None and found.task in SPECS else ELDEST


def form_for(project: Project, posted: QueryDict | None, start: Mapping[str, Any], *, task: str) -> SpecForm:
    """This will make the form of a task with what the project offers for it."""
    datasets = list(list_datasets(project=project).filter(task=task))
    teachers = list(list_teachers(project=project).filter(task=task))
    labels, notes = _labelled(datasets)
    return SpecForm(
        task=task,
        datasets=labels,
        notes=notes,
        teachers=[teacher.name for teacher in teachers],
        teacher_notes={teacher.name: _noted(teacher, datasets) for teacher in teachers},
        selections=_selections(project, task),
        hints={GATES_FIELD: gate_hints(project)},
        posted=posted,
        start=start,
    )


def _noted(teacher: Teacher, datasets: Iterable[Dataset]) -> str:
    """What to know of a teacher: what its predictions are for, or how good it is and which datasets it does not fit."""
    if teacher.kind == TeacherKind.PREDICTIONS and teacher.dataset is not None:
        return f"predictions for {teacher.dataset.label}"
    if teacher.task != CLASSIFICATION:
        return ""
    measures = measures_of({"task": teacher.task})
    share = ((teacher.report.get("quality") or {}).get("metrics") or {}).get(measures.headline)
    known = [f"{measures.title} {100 * share:.1f} %"] if isinstance(share, int | float) else []
    strangers = [one.label for one in datasets if not knows_all_classes(teacher, one)]
    if strangers:
        more = f" and {len(strangers) - _NAMED} more" if len(strangers) > _NAMED else ""
        known.append(f"does not know all classes of {', '.join(strangers[:_NAMED])}{more}")
    return "; ".join(known)


def _selections(project: Project, task: str) -> dict[str, str]:
    """What to know of each name: several datasets may have a selection of one name."""
    found: dict[str, str] = {}
    for selection in list_selections(project=project):
        if selection.dataset.task != task:
            continue
        note = f"{selection.count:,} of {selection.dataset.label}"
        found[selection.name] = f"{found[selection.name]}, {note}" if selection.name in found else note
    return found


def _labelled(datasets: Iterable[Dataset]) -> tuple[list[str], dict[str, str]]:
    """Labels to offer, the newest version under its bare name; and what to know of these and of its full label."""
    offered: list[str] = []
    notes: dict[str, str] = {}
    for dataset in datasets:
        full = f"{dataset.name}@{dataset.version}"
        is_newest = dataset.name not in notes
        known = [f"version {dataset.version}, the newest"] if is_newest and dataset.version > 1 else []
        if "feature_width" in dataset.report and dataset.report["feature_width"] is None:
            known.append("annotations only")
        if isinstance(classes := dataset.report.get("classes"), list):
            known.append(f"{len(classes):,} classes")
        offered.append(dataset.name if is_newest else full)
        notes |= {label: "; ".join(known) for label in {offered[-1], full}}
    return offered, notes
