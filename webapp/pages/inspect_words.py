"""What the columns of a per-sample table are called, and ready views of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobs.queries.inspect.classes import SOLO, STUDENT, TARGET, TEACHER
from jobs.queries.inspect.filters import Wanted
from webapp.pages.inspect_model_words import BETWEEN, TAUGHT, Words
from webapp.pages.transfer import source_title

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


VIEWS_BETWEEN = (
    _of_classes(BETWEEN.outcomes["learned"], "-gain", outcome="learned"),
    _of_classes(BETWEEN.outcomes["forgotten"], "gain", outcome="forgotten"),
    _of_classes("Wrong now", "student_quality", right="no"),
    _of_classes(BETWEEN.outcomes["disagree"], "-disagreement", outcome="disagree"),
    _of_classes(BETWEEN.outcomes["nobody"], "student_quality", outcome="nobody"),
    _of_classes(BETWEEN.outcomes["thanks"], "-gain", outcome="thanks"),
)
VIEWS_OF_DENSE = (
    View(title="Worst first", sort="student_quality", needs="student_quality"),
    View(title="Best first", sort="-student_quality", needs="student_quality"),
    View(title="Largest gain", sort="-gain", needs="gain"),
    View(title="Largest loss", sort="gain", needs="gain"),
    View(title="Worst at the start", sort="start_quality", needs="start_quality"),
)


def who_is(who: str, words: Words = TAUGHT) -> str:
    """This will give what people call a participant: student, start, target, solo or teacher:NAME."""
    if who.startswith(TEACHER):
        return words.source.format(source_title(who.removeprefix(TEACHER)))
    return words.who.get(who) or WHO.get(who, who)


def help_of(column: str, *, of_classes: bool, words: Words = TAUGHT) -> str:
    """This will say what a column holds; nothing where its title does."""
    if of_classes and column in words.help:
        return words.help[column]
    return (HELP_OF_CLASSES if of_classes else {}).get(column, HELP.get(column, ""))


def title_of(column: str, words: Words = TAUGHT) -> str:
    """This will give what people call a column."""
    teacher, slash, of = column.rpartition("/")
    if slash:
        return f"{source_title(teacher)}: {OF_TEACHER.get(of, of)}"
    return words.titles.get(column) or TITLES.get(column, column)


def outcomes_told(known: Iterable[str], words: Words) -> list[tuple[str, str]]:
    """This will give those of some outcomes that a page offers, with their titles."""
    titles = words.outcomes or OUTCOME
    return [(one, titles[one]) for one in known if one in titles]


def views_with(
    columns: Iterable[str], *, outcomes: Iterable[str] | None = None, task: str = "", words: Words = TAUGHT
) -> list[View]:
    """This will give the ready views that some columns allow.

    `outcomes` are those of samples with classes, `task` is that of a dense job.
    """
    known = set(columns)
    if task:
        return [view for view in VIEWS_OF_DENSE if view.needs in known]
    if outcomes is None:
        return [view for view in VIEWS if view.needs in known]
    told = {"", *outcomes}
    offered = VIEWS_BETWEEN if words is BETWEEN else VIEWS_OF_CLASSES
    return [view for view in offered if view.needs in known and view.narrow.get("outcome", "") in told]
