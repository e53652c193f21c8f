"""What the columns of a per-sample table are called, and ready views of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

TITLES = {
    "disagreement": "Disagreement",
    "entropy": "Weight entropy",
    "student_iou": "Student's IoU",
    "student_score": "Student's score",
    "gain": "Gain over solo",
    "solo_iou": "IoU without teachers",
    "target_iou": "Target's IoU",
    "duration": "Length",
}
HELP = {
    "disagreement": "1 minus the mean overlap of the teachers' best windows: 0 when all say the same.",
    "entropy": "Of the weights, in nats: 0 when one teacher has all, ln of their number when all have the same.",
    "student_iou": "Overlap of the student's window with the truth.",
    "gain": "IoU of the student minus that of the same student trained without teachers.",
    "solo_iou": "Of the same student trained without teachers.",
    "target_iou": "Of the window that the teachers' weighted belief says.",
}
OF_TEACHER = {"weight": "weight", "iou": "IoU", "score": "score"}


@dataclass(frozen=True, kw_only=True)
class View:
    """A ready order of the samples, with the address's `sort`; `needs` is the column it cannot be without."""

    title: str
    sort: str
    needs: str


VIEWS = (
    View(title="Teachers disagree most", sort="-disagreement", needs="disagreement"),
    View(title="Largest gain over solo", sort="-gain", needs="gain"),
    View(title="Largest loss to solo", sort="gain", needs="gain"),
    View(title="Most unequal weights", sort="entropy", needs="entropy"),
    View(title="Student is worst", sort="student_iou", needs="student_iou"),
)


def title_of(column: str) -> str:
    """This will give what people call a column."""
    teacher, slash, of = column.rpartition("/")
    return f"{teacher}: {OF_TEACHER.get(of, of)}" if slash else TITLES.get(column, column)


def views_with(columns: Iterable[str]) -> list[View]:
    """This will give the ready views that some columns allow."""
    known = set(columns)
    return [view for view in VIEWS if view.needs in known]
