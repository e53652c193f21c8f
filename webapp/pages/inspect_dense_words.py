"""What columns of dense jobs are called, and ready views of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.queries.kinds import SALIENCY, SEGMENTATION

MEASURES = {SEGMENTATION: "mIoU", SALIENCY: "SIM"}
"""What says how good a model is at one picture."""
HELP = {
    SEGMENTATION: "Overlap of said and true pixels, mean over the classes that the picture shows.",
    SALIENCY: "Similarity of the said and the true map: 1 where they are alike, 0 where they have nothing in common.",
}
_OTHERS = {
    "pixel_accuracy": "Pixels right",
    "cc": "CC",
    "nss": "NSS",
    "auc_j": "AUC-J",
    "s_auc": "s-AUC",
    "kld": "KLD",
    "loss": "Loss",
}
OTHERS = tuple(f"student_{name}" for name in _OTHERS)
"""Columns of a dense job that are told besides, where a table has them."""


def measure_of(spec: Mapping[str, Any]) -> str:
    """This will name what says how good a model is at one picture, "" where the task of a plain spec is not dense."""
    return MEASURES.get(str(spec.get("task")), "")


def title_of_dense(column: str, task: str, *, between: bool = False) -> str:
    """This will give what people call a column of a dense job, "" where it is called as in others.

    `between` tells that registered models teach each other.
    """
    measure, (name, slash, of) = MEASURES.get(task, ""), column.rpartition("/")
    if not measure:
        return ""
    if slash:
        return f"{name}: {measure}" if of == "quality" else ""
    if column.startswith("student_") and (other := _OTHERS.get(column.removeprefix("student_"))):
        return other
    return {
        "student_quality": f"{measure} after" if between else f"Student’s {measure}",
        "start_quality": f"{measure} before",
        "solo_quality": f"{measure}, trained alone",
        "gain": "Gain",
    }.get(column, "")


def help_of_dense(column: str, task: str) -> str:
    """This will say what a column of a dense job holds, "" where its title does or where it is as in others."""
    if task not in HELP:
        return ""
    if column.endswith("quality"):
        return HELP[task]
    if column == "gain":
        return f"{MEASURES[task]} minus that before training, or, of a student, minus that without teachers."
    return ""
