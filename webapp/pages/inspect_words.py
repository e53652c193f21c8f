"""What the columns of a per-sample table are called, and ready views of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobs.queries.inspect.classes import SOLO, STUDENT, TARGET, TEACHER
from jobs.queries.inspect.filters import Wanted

TITLES = {
    "disagreement": "Disagreement",
    "entropy": "Weight entropy",
    "student_iou": "Student's IoU",
    "student_score": "Student's score",
    "gain": "Gain over solo",
    "solo_iou": "IoU without teachers",
    "target_iou": "Target's IoU",
    "student_quality": "Student, true class",
    "solo_quality": "True class without teachers",
    "target_quality": "Target, true class",
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
HELP_OF_CLASSES = {
    "disagreement": "Share of pairs of teachers that name different classes: 0 when all say the same.",
    "student_quality": "Probability that the student gives to the true class.",
    "student_score": "Probability that the student gives to the class that it names.",
    "gain": "Probability of the true class, minus that of the same student trained without teachers.",
    "solo_quality": "Probability that the same student, trained without teachers, gives to the true class.",
    "target_quality": "Probability of the true class in the teachers' weighted belief.",
}
OF_TEACHER = {"weight": "weight", "iou": "IoU", "quality": "true class", "score": "score"}
WHO = {STUDENT: "Student", TARGET: "Target", SOLO: "Without teachers"}
OUTCOME = {
    "disagree": "Teachers name different classes",
    "thanks": "Right only with teachers",
    "misled": "Wrong only with teachers",
    "despite": "Right though the target is wrong",
    "unheeded": "Wrong though the target is right",
    "outvoted": "A right teacher is outvoted",
    "nobody": "No teacher is right",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """A ready order of the samples, with the address's `sort`; `needs` is the column it cannot be without.

    `narrow` is what it sets of a filter, by field of `Wanted`; everything else stays as it is.
    """

    title: str
    sort: str
    needs: str
    narrow: Mapping[str, str] = field(default_factory=dict)

    def changes(self) -> dict[str, object]:
        """This will give what it changes of what was asked."""
        order = {"sort": self.sort.removeprefix("-"), "descending": self.sort.startswith("-")}
        return {**order, **self.narrow}

    def is_current(self, wanted: Wanted) -> bool:
        """This will tell whether just this was asked."""
        return all(getattr(wanted, name) == value for name, value in self.changes().items())


VIEWS = (
    View(title="Teachers disagree most", sort="-disagreement", needs="disagreement"),
    View(title="Largest gain over solo", sort="-gain", needs="gain"),
    View(title="Largest loss to solo", sort="gain", needs="gain"),
    View(title="Most unequal weights", sort="entropy", needs="entropy"),
    View(title="Student is worst", sort="student_iou", needs="student_iou"),
)


def _of_classes(title: str, sort: str, *, needs: str = "", **narrow: str) -> View:
    reset = {"who": "", "right": "", "outcome": ""}
    return View(title=title, sort=sort, needs=needs or sort.removeprefix("-"), narrow=reset | narrow)


VIEWS_OF_CLASSES = (
    _of_classes("Teachers disagree most", "-disagreement", outcome="disagree"),
    _of_classes("Student is wrong", "student_quality", right="no"),
    _of_classes(OUTCOME["thanks"], "-gain", outcome="thanks"),
    _of_classes(OUTCOME["misled"], "gain", outcome="misled"),
    _of_classes(OUTCOME["despite"], "target_quality", outcome="despite"),
    _of_classes(OUTCOME["unheeded"], "student_quality", needs="target_quality", outcome="unheeded"),
    _of_classes(OUTCOME["outvoted"], "target_quality", outcome="outvoted"),
    _of_classes("Most unequal weights", "entropy"),
)


def who_is(who: str) -> str:
    """This will give what people call a participant: student, target, solo or teacher:NAME."""
    return WHO.get(who, who.removeprefix(TEACHER))


def help_of(column: str, *, of_classes: bool) -> str:
    """This will say what a column holds; nothing where its title does."""
    return (HELP_OF_CLASSES if of_classes else {}).get(column, HELP.get(column, ""))


def title_of(column: str) -> str:
    """This will give what people call a column."""
    teacher, slash, of = column.rpartition("/")
    return f"{teacher}: {OF_TEACHER.get(of, of)}" if slash else TITLES.get(column, column)


def views_with(columns: Iterable[str], *, outcomes: Iterable[str] | None = None) -> list[View]:
    """This will give the ready views that some columns allow; `outcomes` are those of samples with classes."""
    known = set(columns)
    if outcomes is None:
        return [view for view in VIEWS if view.needs in known]
    told = {"", *outcomes}
    return [
        view for view in VIEWS_OF_CLASSES if view.needs in known and view.narrow.get("outcome", "") in told
    ]
