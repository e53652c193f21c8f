"""All that is measured of a job's best state; test is read here and nowhere else.

Shape suffixes: N samples, C classes, T teachers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mtkd_engine.evaluation.classification.asking import ask, beliefs_on
from mtkd_engine.evaluation.classification.baselines import (
    Baselines,
    Lesson,
    blind_quality,
    measure_baselines,
    without_each,
)
from mtkd_engine.evaluation.classification.table import Teaching
from mtkd_engine.evaluation.classification.videos import video_quality
from mtkd_engine.evaluation.classification.weighing import Occasion, mixed
from mtkd_engine.methods.classification.job import ClassJob
from mtkd_engine.methods.classification.multi_teacher import MultiTeacher
from mtkd_engine.report.classification.believing import MEASURED, Believed, asked
from mtkd_engine.report.classification.comparisons import compare
from mtkd_engine.report.classification.online import companions_of
from mtkd_engine.solo import Untaught
from mtkd_engine.tasks.classification.metrics import Quality

MOST_TRAINED = 100_000
"""Training samples up to which they stand in the table of samples."""
MOST_NUMBERS = 2**28
"""Numbers of teachers' beliefs on them up to which they do."""
MOST_CLASSES = 200
"""Classes whose table stands in the result; of more it can be made from the table of samples."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the student says and how good it is, what it is held against, and how its teachers were weighed."""

    student: Believed
    baselines: dict[str, Quality]
    solo: Believed | None
    teaching: dict[str, Teaching]
    """By split; empty without teachers."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the result says beside metrics and baselines."""

    @property
    def metrics(self) -> dict[str, float]:
        """The student's on test."""
        return self.student.values["test"]

    def values(self) -> dict[str, dict[str, float]]:
        """This will give the metrics of all baselines by name."""
        return {name: quality.values for name, quality in self.baselines.items()}


def look(job: ClassJob, *, untaught: Untaught | None) -> Findings:
    """This will measure a job whose method holds its best state."""
    splits = ("train", *MEASURED) if _shows_train(job) else MEASURED
    student = asked(job, job.student, splits=splits)
    solo = None if untaught is None else asked(job, untaught.student, splits=splits)
    test = job.splits["test"]
    classes = len(job.card.classes)
    blind = blind_quality(job.splits["train"].labels_N, test.labels_N.cpu(), classes=classes)
    baselines: dict[str, Quality] = {"blind": blind}
    extra: dict[str, Any] = {"temperature": student.temperature}
    teaching: dict[str, Teaching] = {}
    if isinstance(job.method, MultiTeacher):
        teaching = {split: _teaching(job, student, split) for split in splits}
        named, told = _with_teachers(job, teaching, student=student.quality["test"], blind=blind)
        baselines |= named
        extra |= told
    own = companions_of(job, student)
    baselines |= own.baselines
    teaching |= own.teaching
    extra |= own.told
    if solo is not None:
        baselines["solo"] = solo.quality["test"]
        extra["solo"] = solo.values["test"]
    sources = [sample.source_id for sample in test.samples]
    extra["comparisons"] = compare(student.quality["test"], baselines, sources=sources)
    extra |= _of_classes(job, student.quality["test"])
    if (of_videos := video_quality(student.log_probs["test"], test.samples)) is not None:
        extra["videos"] = of_videos
    return Findings(student=student, baselines=baselines, solo=solo, teaching=teaching, extra=extra)


def _shows_train(job: ClassJob) -> bool:
    faculty = job.taught.faculty
    if faculty is None:
        return False
    samples = len(job.splits["train"])
    numbers = samples * len(job.card.classes) * len(faculty.val.names)
    return samples <= MOST_TRAINED and numbers <= MOST_NUMBERS


def _teaching(job: ClassJob, student: Believed, split: str) -> Teaching:
    """What the teachers say and weigh, for whom they taught: with assistants that is the first of these."""
    taught, samples = job.taught, job.splits[split]
    method, faculty = taught.method, taught.faculty
    assert isinstance(method, MultiTeacher)
    assert faculty is not None
    signals = faculty.val if split == "val" else beliefs_on(faculty.source, samples)
    answers = student.answers[split]
    if taught is not job:
        answers = ask(taught.student, taught.card.input, samples, in_crops=True)
    weights_NT = method.weigh(Occasion(signals, answers, samples.labels_N.cpu()))
    return Teaching(signals, weights_NT, mixed(weights_NT, signals, space=method.space))


def _with_teachers(
    job: ClassJob, teaching: dict[str, Teaching], *, student: Quality, blind: Quality
) -> tuple[dict[str, Quality], dict[str, Any]]:
    method = job.taught.method
    assert isinstance(method, MultiTeacher)
    val, test = (Lesson(teaching[split].signals, job.splits[split].labels_N.cpu()) for split in MEASURED)
    found: Baselines = measure_baselines(val=val, test=test, blind=blind)
    told: dict[str, Any] = {
        "static_weights": found.static_weights,
        "best_single": found.best_single,
        "agreement": {
            name.removeprefix("teacher:"): round(student.agreement(quality), 6)
            for name, quality in found.named.items()
            if name.startswith("teacher:")
        },
        # What looks at the labels of whatever it weighs is no prediction, but a bound.
        "aggregated_reads_labels": method.aggregator.needs_labels,
        "without": without_each(val=val, test=test),
    }
    aggregated = Quality.of(teaching["test"].target_NC, test.labels_N)
    return {**found.named, "aggregated": aggregated}, told


def _of_classes(job: ClassJob, quality: Quality) -> dict[str, Any]:
    classes = job.card.classes
    calibration = [asdict(one) for one in quality.bins()]
    if len(classes) > MOST_CLASSES:
        return {"calibration": calibration}
    per_class = [asdict(row) for row in quality.by_class(classes)]
    return {"calibration": calibration, "classes": list(classes), "per_class": per_class}
