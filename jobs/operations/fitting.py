"""Whether a teacher can teach a job on a dataset."""

from __future__ import annotations

from jobs.models import Dataset, Teacher, TeacherKind
from jobs.queries.kinds import (
    CLASSIFICATION,
    SALIENCY,
    held_by,
    is_dense,
    misses_frames,
    reads_of,
    width_of,
)
from mtkd_engine.spec import (
    AggregateSpec,
    ClassificationSpec,
    DenseSpec,
    FeatureInput,
    GroundingSpec,
    Spec,
    ZooMethodPart,
)
from mtkd_engine.spec.classification.classes import places_of
from mtkd_engine.spec.classification.kinds import SEEN_AS, misfit_of

SPLITS = ("train", "val", "test")
_A_KIND: dict[str, str] = {
    TeacherKind.PREDICTIONS: "which are stored predictions",
    TeacherKind.ONNX: "which is an ONNX program",
}


def needs_features(spec: Spec) -> bool:
    """This will say whether a job reads features itself, whatever its teachers do."""
    return isinstance(spec, GroundingSpec) and not isinstance(spec.method, AggregateSpec)


def is_without_features(dataset: Dataset) -> bool:
    """This will say whether a dataset is known to have been registered without features."""
    return dataset.report.get("feature_width", 0) is None


def misfit_with(spec: Spec, dataset: Dataset) -> tuple[str, str] | None:
    """This will say where a job sees samples as what a dataset does not hold, and a sentence; or None."""
    if not isinstance(spec, ClassificationSpec | DenseSpec):
        return None
    held, width = held_by(dataset), width_of(dataset)
    ways = (held,) if isinstance(spec, DenseSpec) else SEEN_AS.get(held, ())
    if spec.data.kind not in ways:
        accepted = " or ".join(map(repr, ways)) or "another dataset"
        return "data.dataset", (
            f"given {spec.data.dataset!r}, a dataset of {held}, with data.kind {spec.data.kind!r}; accepted for this "
            f"dataset is {accepted}."
        )
    if isinstance(spec, DenseSpec) or isinstance(spec.method, ZooMethodPart):
        return None  # a student reads what the job brings pictures to, or there is none
    reads = spec.student.input
    if isinstance(reads, FeatureInput) and width is not None and reads.width != width:
        return "student.input.width", (
            f"given {reads.width}, but the features of {dataset.label!r} have width {width}; accepted is {width}."
        )
    return None


def problem_with(teacher: Teacher, spec: Spec, dataset: Dataset) -> str | None:
    """This will say in a sentence why a teacher does not fit, or None."""
    if teacher.archived_at is not None:
        return f"given {teacher.name!r}, which is archived; accepted is a teacher that is not."
    if teacher.task != spec.task:
        return f"given {teacher.name!r} for {teacher.task}, accepted is a teacher for {spec.task}."
    if isinstance(spec.method, ZooMethodPart) and teacher.kind != TeacherKind.MODEL:
        return (
            f"given {teacher.name!r}, {_A_KIND[teacher.kind]}; accepted with method {spec.method.kind} are models, "
            "which run beside each other."
        )
    return _problem_of_task(teacher, spec, dataset)


def _problem_of_task(teacher: Teacher, spec: Spec, dataset: Dataset) -> str | None:
    if teacher.task == CLASSIFICATION:
        return (
            _problem_with_program(teacher, spec)
            or _problem_with_reading(teacher, spec, dataset)
            or problem_with_classes(teacher, dataset)
        )
    if is_dense(teacher.task):
        return _problem_with_film(teacher, dataset) or problem_with_classes(teacher, dataset)
    if teacher.kind == TeacherKind.PREDICTIONS:
        return _problem_with_predictions(teacher, dataset)
    return _problem_with_features(teacher, dataset)


def _problem_with_program(teacher: Teacher, spec: Spec) -> str | None:
    if teacher.kind != TeacherKind.ONNX or getattr(spec.method, "signals", "") != "online":
        return None
    return (
        f"given {teacher.name!r}, an ONNX program, which never runs beside a student; accepted with method.signals "
        "'online' are models."
    )


def _problem_with_reading(teacher: Teacher, spec: Spec, dataset: Dataset) -> str | None:
    reads = reads_of(teacher)
    if reads is None or not isinstance(spec, ClassificationSpec):
        return None
    wrong = misfit_of(reads, seen_as=(spec.data.kind,), width=width_of(dataset))
    if wrong is None:
        return None
    return f"given {teacher.name!r}, which {wrong}; accepted are teachers that read what the job sees."


def _problem_with_film(teacher: Teacher, dataset: Dataset) -> str | None:
    if not misses_frames(teacher, dataset):
        return None
    return (
        f"given {teacher.name!r}, which reads frames of videos, but {dataset.label!r} has pictures; accepted are "
        "networks of pictures."
    )


def _problem_with_features(teacher: Teacher, dataset: Dataset) -> str | None:
    if is_without_features(dataset):
        return (
            f"given {teacher.name!r}, a network that reads features, but dataset {dataset.label!r} was registered "
            "without; accepted are predictions for its samples."
        )
    theirs = teacher.report.get("card", {}).get("feature_width")
    ours = dataset.report.get("feature_width")
    if theirs != ours:
        return (
            f"given {teacher.name!r}, which reads features of width {theirs}, but dataset {dataset.label!r} has "
            f"features of width {ours}; accepted are teachers of that width."
        )
    return None


def classes_of(source: Dataset | Teacher) -> tuple[str, ...]:
    """This will give the names of a dataset's classes in their order, or of a classifier's outputs, as far as known."""
    report = source.report if isinstance(source, Dataset) else source.report.get("card") or {}
    known = report.get("classes")
    return tuple(str(name) for name in known) if isinstance(known, list) else ()


def knows_all_classes(teacher: Teacher, dataset: Dataset) -> bool:
    """This will tell whether a classifier's outputs are said to be all classes of a dataset, and more or not."""
    theirs = classes_of(teacher)
    return bool(theirs) and set(classes_of(dataset)) <= set(theirs)


def problem_with_classes(teacher: Teacher, dataset: Dataset) -> str | None:
    """This will say which classes of a dataset a model does not know, or None; saliency has no classes."""
    if teacher.task == SALIENCY:
        return None
    theirs = classes_of(teacher)
    if not theirs:
        return (
            f"given {teacher.name!r}, of which nobody has said which classes its outputs are; accepted are teachers "
            "with a complete card."
        )
    try:
        places_of(theirs, classes_of(dataset), teacher=teacher.name)
    except ValueError as refusal:
        return str(refusal).removeprefix("teachers: ")
    return None


def _problem_with_predictions(teacher: Teacher, dataset: Dataset) -> str | None:
    report = teacher.report
    theirs = report.get("dataset_hash") or (teacher.dataset.content_hash if teacher.dataset else None)
    if theirs != dataset.content_hash:
        of = f"dataset {teacher.dataset.label!r}" if teacher.dataset else "another dataset"
        return (
            f"given {teacher.name!r}, which are predictions for {of}; accepted for {dataset.label!r} are "
            "predictions for its own samples."
        )
    coverage = report.get("coverage", {})
    missing = [
        f"{coverage[split]['covered']:,} of {coverage[split]['of']:,} {split} samples"
        for split in SPLITS
        if split in coverage and coverage[split]["covered"] < coverage[split]["of"]
    ]
    if missing:
        return (
            f"given {teacher.name!r}, whose predictions cover only {' and '.join(missing)} of {dataset.label!r}; "
            "accepted are predictions for all of them."
        )
    return None
