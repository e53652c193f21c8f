"""The order of a job's last part: last state, best state, files, Finished."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch import nn

from mtkd_engine.checkpoint import file_sha256
from mtkd_engine.data.dataset import Dataset
from mtkd_engine.evaluation.student import quality
from mtkd_engine.evaluation.table import Teaching, sample_rows, write_table
from mtkd_engine.events import ArtifactWritten, Entered, Evaluated, Event, Finished, Warned
from mtkd_engine.export import OnnxDiffersError, export_student
from mtkd_engine.export.modelcard import STEM
from mtkd_engine.loop import Progress
from mtkd_engine.methods.build import Job
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.report.costs import costs
from mtkd_engine.report.findings import MEASURED, Findings, look
from mtkd_engine.solo import Untaught
from mtkd_engine.spec import GroundingSpec, ModelCard, Spec, dump_yaml
from mtkd_engine.teachers.face import Teacher

CardT = TypeVar("CardT", bound=ModelCard)
MEDIA_TYPES = {
    ".safetensors": "application/octet-stream",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".parquet": "application/vnd.apache.parquet",
    ".onnx": "application/octet-stream",
    ".md": "text/markdown",
}
SPLITS = ("train", "val", "test")
COMPARED = 8
"""Batches of 64 samples on which exported files must say what the student says."""


class Described(Protocol):
    """What is said of a dataset, whatever its samples are."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def content_hash(self) -> str:
        """The sha256 of what it says."""
        ...

    @property
    def splits(self) -> Mapping[str, Sequence[Any]]:
        """Samples by split."""
        ...


class Hashed(Protocol):
    """What is said of a teacher of any task."""

    @property
    def name(self) -> str:
        """What the spec calls it."""
        ...

    @property
    def content_hash(self) -> str:
        """What makes two teachers the same."""
        ...


def report(
    spec: GroundingSpec,
    *,
    job: Job,
    teachers: Sequence[Teacher],
    progress: Progress,
    untaught: Untaught | None,
    dataset: Dataset,
    folder: Path,
) -> Iterator[Event]:
    """This will measure the last and the best state, write the artifacts and yield Finished.

    The best state was chosen on validation while training.
    """
    yield Entered(part="evaluation")
    job.method.eval()
    last = {split: quality(job.student, job.splits[split]) for split in MEASURED}
    for split, values in last.items():
        yield Evaluated(step=progress.step, split=split, which="last", values=values)
    job.method.load_state_dict(progress.best.state)
    found = look(job, untaught=untaught, seed=spec.seed)
    best = {split: measured.values for split, measured in found.quality.items()}
    for split, values in best.items():
        yield Evaluated(step=progress.best.step, split=split, which="best", values=values)
    baselines = found.values()
    yield from _quality_warnings(baselines)
    cost = costs(job, teachers, dataset, device=next(job.student.parameters()).device)

    yield Entered(part="export")
    folder.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "metrics": found.metrics,
        "last": last,
        "best": best,
        "best_step": progress.best.step,
        "baselines": baselines,
        **made_of(dataset, teachers),
        "clipped_windows": dataset.clipped,
        "parameters": sum(p.numel() for p in job.student.parameters()),
        **found.extra,
        "cost": cost,
    }
    (folder / "spec.yaml").write_text(dump_yaml(spec))
    _write_tables(job, found, progress=progress, folder=folder)
    yield from _export(spec, job=job, found=found, result=result, folder=folder)
    (folder / "result.json").write_text(json.dumps(result, indent=2))
    yield from written(folder)
    yield Finished(step=progress.step, metrics=found.metrics, baselines=baselines)


def written(folder: Path) -> Iterator[ArtifactWritten]:
    """This will name every file of the folder as an artifact."""
    for path in sorted(folder.iterdir()):
        yield ArtifactWritten(
            name=path.name,
            path=f"{folder.name}/{path.name}",
            sha256=file_sha256(path),
            size=path.stat().st_size,
            media_type=MEDIA_TYPES[path.suffix],
        )


def made_of(dataset: Described, teachers: Sequence[Hashed]) -> dict[str, Any]:
    """This will say what a student was made of, with hashes."""
    splits = {name: len(samples) for name, samples in dataset.splits.items()}
    return {
        "dataset_hash": dataset.content_hash,
        "dataset": {"name": dataset.name, "hash": dataset.content_hash, "splits": splits},
        "teachers": {teacher.name: {"content_hash": teacher.content_hash} for teacher in teachers},
    }


def _export(
    spec: GroundingSpec, *, job: Job, found: Findings, result: dict[str, Any], folder: Path
) -> Iterator[Warned]:
    batches = (batch.inputs for batch in islice(job.splits["test"].in_order(), COMPARED))
    card = measured_card(job.card, temperature=found.temperature, metrics=found.metrics)
    yield from exported(job.student, card, batches=batches, spec=spec, result=result, folder=folder)


def measured_card(card: CardT, *, temperature: float, metrics: Mapping[str, float]) -> CardT:
    """This will give a student's card with what was measured in the end: its temperature, and metrics on test."""
    measured = {f"test/{name}": value for name, value in metrics.items()}
    return card.model_copy(update={"temperature": temperature, "metrics": measured})


def exported(
    student: nn.Module,
    card: AnyCard,
    *,
    batches: Iterable[Any],
    spec: Spec,
    result: Mapping[str, Any],
    folder: Path,
    stem: str = STEM,
) -> Iterator[Warned]:
    """This will write a student's files, and warn where one that says something else was left out."""
    told = {**result, "spec": spec.model_dump(mode="json")}
    try:
        export_student(student, card, folder=folder, samples_batch=batches, result=told, stem=stem)
    except OnnxDiffersError as differs:
        yield Warned(code="onnx_differs", message=str(differs))


def _write_tables(job: Job, found: Findings, *, progress: Progress, folder: Path) -> None:
    """Samples by split in their order; of teachers on train what the student was taught: beliefs out of fold."""
    tables = [
        sample_rows(
            split,
            job.splits[split].samples,
            student=found.student[split],
            solo=found.solo.get(split),
            teaching=Teaching(job.faculties[split], found.weights[split]) if found.weights else None,
        )
        for split in SPLITS
        if split in found.student
    ]
    write_table(folder / "per_sample.parquet", tables)
    if progress.weights is not None:
        progress.weights.write(folder / "weights.parquet")


def _quality_warnings(baselines: dict[str, dict[str, float]]) -> Iterator[Warned]:
    blind = baselines["blind"]["miou"]
    for name, values in baselines.items():
        if name.startswith("teacher:") and values["miou"] < blind:
            message = (
                f"Teacher {name.removeprefix('teacher:')!r} is worse than guessing without looking: mIoU "
                f"{values['miou']:.3f} on test, blind {blind:.3f}."
            )
            yield Warned(code="teacher_below_blind", message=message)
