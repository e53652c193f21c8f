"""Which form asks for what only a person knows of a teacher: that of a classifier, or of a dense task."""

from __future__ import annotations

from typing import Any

from jobs.models import Registration
from jobs.queries.kinds import CLASSIFICATION, is_dense
from jobs.queries.sources import list_datasets
from webapp.forms.completing import CompletingForm, initial_of
from webapp.forms.completing_dense import DenseCompletingForm, dense_initial


def completing_form(row: Registration, posted: Any = None) -> CompletingForm | DenseCompletingForm:
    """This will make the form of what a registration waits for, filled with what is known or posted."""
    report = row.report or {}
    asks, task = report.get("asks") or {}, str(report.get("task") or CLASSIFICATION)
    before = {
        "dataset": row.measured_on.label if row.measured_on is not None else "",
        "split": row.asked.get("split", "val"),
    }
    listed = list(list_datasets(project=row.project))
    labels = [(one.label, one.label) for one in listed if one.task == task]
    if is_dense(task):
        return DenseCompletingForm(posted, task=task, datasets=labels, initial=dense_initial(asks, **before))
    return CompletingForm(
        posted,
        datasets=labels,
        needs_net=report.get("kind") != "onnx",
        others={one.label: f"{one.label} ({one.task})" for one in listed if is_dense(one.task)},
        initial=initial_of(asks, **before),
    )
