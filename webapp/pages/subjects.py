"""What a job can be about, and which form a dataset asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import QueryDict

from jobs.models import Dataset, Project
from jobs.queries.kinds import subjects_of
from jobs.queries.selections import list_selections
from jobs.queries.sources import find_dataset, list_datasets
from mtkd_engine.spec import SPECS, subject_of
from webapp.forms.layout import DATASET_FIELD

SHOWN = "shown"
"""The field of a posted form that says which subject it was made for; `task` is the one that is asked for."""
_TITLES = {
    "grounding": "Grounding",
    "classification": "Images",
    "clips": "Clips",
    "streams": "Compressed streams",
    "features": "Features",
    "segmentation": "Segmentation",
    "saliency": "Saliency",
    "video_saliency": "Video saliency",
}
_WAYS = {"clips": "Frames", "streams": "I-frames, motion and residuals of the compressed stream"}
_KEPT = ("name", "method", "optim", "gates", "evaluation", "recording", "seed")
_OF_ANY_DATA = ("dataset", "labels")


class Subject(NamedTuple):
    """A subject by its name in addresses, its title, and what it is."""

    name: str
    title: str
    help: str


SUBJECTS = tuple(
    Subject(name, _TITLES[name], spec.model_fields["task"].description or name)
    for name, spec in SPECS.items()
)
ELDEST = SUBJECTS[0].name


def ways_of(subject: str) -> list[tuple[str, str]]:
    """This will list the subjects that the same datasets serve with how samples are seen; none where there is one."""
    return list(_WAYS.items()) if subject in _WAYS else []


def fits_subject(start: Mapping[str, Any], subject: str) -> bool:
    """This will tell whether a plain spec can be shown by the form of a subject; one that names no task can."""
    return "task" not in start or subject_of(start) == subject


def chosen_subject(project: Project, asked: str, start: Mapping[str, Any]) -> str:
    """This will say which subject a form is for: the one that was asked for, that of the spec it starts from or of a
    dataset or selection that this names, else that of the project's newest dataset.
    """
    if asked in SPECS:
        return asked
    if "task" in start:
        return subject_of(start)
    data = start.get("data") or {}
    named = [data.get("test_on"), *(data.get("leave_out") or ())]
    found: Dataset | None
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
    served = () if found is None else subjects_of(found)
    return next((subject for subject in served if subject in SPECS), ELDEST)


def moved_to(project: Project, posted: QueryDict | None) -> str:
    """This will name the subject whose form a posted one leads to, "" where it is its own.

    A dataset that is chosen chooses with it; where it serves several subjects, one of them may be asked for.
    """
    shown = "" if posted is None else posted.get(SHOWN, "")
    if posted is None or shown not in SPECS:
        return ""
    found = find_dataset(project, posted.get(DATASET_FIELD, ""))
    served = () if found is None else subjects_of(found)
    asked = posted.get("task", shown)
    wanted = asked if asked in SPECS else shown
    if served and wanted not in served:
        wanted = served[0]
    return "" if wanted == shown else wanted


def kept_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """This will give what of a plain spec means the same whatever samples are seen as."""
    kept = {key: raw[key] for key in _KEPT if key in raw}
    data = raw.get("data") or {}
    return {**kept, "data": {key: data[key] for key in _OF_ANY_DATA if key in data}}
