"""What the form of a spec offers in a project: the datasets, teachers and selections of the chosen subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from jobs.models import Dataset, Project, Teacher, TeacherKind
from jobs.operations.fitting import is_without_features, knows_all_classes
from jobs.queries.kinds import (
    CLASSIFICATION,
    GROUNDING,
    SALIENCY,
    SEGMENTATION,
    VIDEO_SALIENCY,
    held_by,
    reads_films,
    reads_of,
    subject_seeing,
    subjects_of,
    width_of,
)
from jobs.queries.selections import list_selections
from jobs.queries.sources import list_datasets, list_teachers
from mtkd_engine.spec import FeatureInput, input_is
from mtkd_engine.spec.measures import measures_of
from webapp.forms.layout import GATES_FIELD
from webapp.forms.spec import SpecForm
from webapp.pages.gates import gate_hints

_NAMED = 3
_HELD = {
    "images": "images",
    "clips": "clips",
    "features": "features of clips",
    "masks": "images with masks",
    "gaze": "images that people looked at",
    "gaze_video": "videos that people looked at",
}


def form_for(
    project: Project, posted: QueryDict | None, start: Mapping[str, Any], *, subject: str
) -> SpecForm:
    """This will make the form of a subject with what the project offers for it, and the datasets of others."""
    listed = list(list_datasets(project=project))
    datasets = [one for one in listed if subject in subjects_of(one)]
    others = [one for one in listed if subject not in subjects_of(one)]
    labels, notes = _labelled(datasets)
    other_labels, other_notes = _labelled(others, kinds=True)
    teachers = [teacher for teacher in list_teachers(project=project) if _teaches(teacher, subject)]
    return SpecForm(
        subject=subject,
        datasets=labels,
        other_datasets=other_labels,
        notes={**notes, **other_notes},
        teachers=[teacher.name for teacher in teachers],
        teacher_notes={teacher.name: _noted(teacher, datasets) for teacher in teachers},
        selections=_selections(project, subject),
        hints={GATES_FIELD: gate_hints(project)},
        posted=posted,
        start=_with_width(start, datasets, labels) if subject == "features" else start,
    )


def choices_of(project: Project) -> dict[str, dict[str, Any]]:
    """This will say of each dataset, by all labels that lead to it, which subjects it serves and how wide it is."""
    found: dict[str, dict[str, Any]] = {}
    for dataset in list_datasets(project=project):
        told = {"subjects": subjects_of(dataset), "width": width_of(dataset)}
        found.setdefault(dataset.name, told)
        found[f"{dataset.name}@{dataset.version}"] = told
    return found


def _teaches(teacher: Teacher, subject: str) -> bool:
    if teacher.task == SALIENCY:
        return subject == VIDEO_SALIENCY or (subject == SALIENCY and not reads_films(teacher))
    if teacher.task != CLASSIFICATION:
        return teacher.task == subject
    reads = reads_of(teacher)
    return reads is None or subject_seeing(input_is(reads)) == subject


def _with_width(start: Mapping[str, Any], datasets: list[Dataset], labels: list[str]) -> dict[str, Any]:
    """A student reads features as wide as they are: nobody has to look that up."""
    data, student = start.get("data") or {}, start.get("student") or {}
    chosen = str(data.get("dataset") or (labels[0] if len(labels) == 1 else ""))
    known = (one for one in datasets if chosen in {one.name, f"{one.name}@{one.version}"})
    width = next((width_of(one) for one in known), None)
    reads = student.get("input") or {}
    if width is None or "width" in reads:
        return dict(start)
    return {**start, "student": {**student, "input": {**reads, "width": width}}}


def _noted(teacher: Teacher, datasets: Iterable[Dataset]) -> str:
    """What to know of a teacher: what its predictions are for, or how good it is and which datasets it does not fit."""
    if teacher.kind == TeacherKind.PREDICTIONS and teacher.dataset is not None:
        return f"predictions for {teacher.dataset.label}"
    if teacher.task == GROUNDING:
        return ""
    measures = measures_of({"task": teacher.task})
    share = ((teacher.report.get("quality") or {}).get("metrics") or {}).get(measures.headline)
    known = [f"{measures.title} {100 * share:.1f} %"] if isinstance(share, int | float) else []
    reads = reads_of(teacher)
    if isinstance(reads, FeatureInput):
        known.append(f"reads width {reads.width:,}")
    has_classes = teacher.task in (CLASSIFICATION, SEGMENTATION)
    strangers = [one.label for one in datasets if has_classes and not knows_all_classes(teacher, one)]
    if strangers:
        more = f" and {len(strangers) - _NAMED} more" if len(strangers) > _NAMED else ""
        known.append(f"does not know all classes of {', '.join(strangers[:_NAMED])}{more}")
    return "; ".join(known)


def _selections(project: Project, subject: str) -> dict[str, str]:
    """What to know of each name: several datasets may have a selection of one name."""
    found: dict[str, str] = {}
    for selection in list_selections(project=project):
        if subject not in subjects_of(selection.dataset):
            continue
        note = f"{selection.count:,} of {selection.dataset.label}"
        found[selection.name] = f"{found[selection.name]}, {note}" if selection.name in found else note
    return found


def _labelled(datasets: Iterable[Dataset], *, kinds: bool = False) -> tuple[list[str], dict[str, str]]:
    """Labels to offer, the newest version under its bare name; and what to know of these and of its full label.

    With `kinds` it is also said what the samples of each are.
    """
    offered: list[str] = []
    notes: dict[str, str] = {}
    for dataset in datasets:
        full = f"{dataset.name}@{dataset.version}"
        is_newest = dataset.name not in notes
        known = [f"version {dataset.version}, the newest"] if is_newest and dataset.version > 1 else []
        is_labelled = dataset.task != GROUNDING
        if kinds:
            known.append(_HELD.get(held_by(dataset), "samples") if is_labelled else "moments in videos")
        if not is_labelled and is_without_features(dataset):
            known.append("annotations only")
        if isinstance(classes := dataset.report.get("classes"), list) and classes:
            known.append(f"{len(classes):,} classes")
        offered.append(dataset.name if is_newest else full)
        notes |= {label: "; ".join(known) for label in {offered[-1], full}}
    return offered, notes
