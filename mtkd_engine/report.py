"""The end of a job: measure on test, hold against baselines, write what the user takes away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from mtkd_engine.checkpoint import file_sha256
from mtkd_engine.data.dataset import Dataset
from mtkd_engine.evaluation.baselines import Baselines, blind_quality, measure_baselines
from mtkd_engine.evaluation.student import fitted_temperature, predict, quality
from mtkd_engine.evaluation.table import split_columns, write_table
from mtkd_engine.evaluation.targets import target_windows
from mtkd_engine.events import ArtifactWritten, Entered, Evaluated, Event, Finished, Warned
from mtkd_engine.loop import Progress
from mtkd_engine.methods.build import Job
from mtkd_engine.methods.emtm import Emtm
from mtkd_engine.modelfile import save_model
from mtkd_engine.spec import Spec, dump_yaml

MEDIA_TYPES = {
    ".safetensors": "application/octet-stream",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".parquet": "application/vnd.apache.parquet",
}
BOTH_WAYS = ("val", "test")


def report(spec: Spec, *, job: Job, progress: Progress, dataset: Dataset, folder: Path) -> Iterator[Event]:
    """This will measure the last and the best state, write the artifacts and yield Finished.

    The best state was chosen on validation while training; test is read here and nowhere else.
    """
    yield Entered(part="evaluation")
    job.method.eval()
    last = {split: quality(job.student, job.splits[split]) for split in BOTH_WAYS}
    for split, values in last.items():
        yield Evaluated(step=progress.step, split=split, which="last", values=values)
    job.method.load_state_dict(progress.best.state)
    best = {split: quality(job.student, job.splits[split]) for split in BOTH_WAYS}
    for split, values in best.items():
        yield Evaluated(step=progress.best.step, split=split, which="best", values=values)

    baselines, extra = _baselines(job, seed=spec.seed)
    yield from _quality_warnings(baselines)

    yield Entered(part="export")
    folder.mkdir(parents=True, exist_ok=True)
    card = job.card.model_copy(
        update={
            "temperature": fitted_temperature(job.student, job.splits["val"]),
            "metrics": {f"test/{name}": value for name, value in best["test"].items()},
        }
    )
    save_model(folder / "student.safetensors", parameters=job.student.state_dict(), card=card)
    (folder / "student.json").write_text(card.model_dump_json(indent=2))
    (folder / "spec.yaml").write_text(dump_yaml(spec))
    _write_table(job, folder / "per_sample.parquet")
    result = {
        "metrics": best["test"],
        "last": last,
        "best": best,
        "best_step": progress.best.step,
        "baselines": baselines,
        "dataset_hash": dataset.content_hash,
        "clipped_windows": dataset.clipped,
        "parameters": sum(p.numel() for p in job.student.parameters()),
        **extra,
    }
    (folder / "result.json").write_text(json.dumps(result, indent=2))
    for path in sorted(folder.iterdir()):
        yield ArtifactWritten(
            name=path.name,
            path=f"{folder.name}/{path.name}",
            sha256=file_sha256(path),
            size=path.stat().st_size,
            media_type=MEDIA_TYPES[path.suffix],
        )
    yield Finished(step=progress.step, metrics=best["test"], baselines=baselines)


def _baselines(job: Job, *, seed: int) -> tuple[dict[str, dict[str, float]], dict[str, object]]:
    if not job.faculties:
        return {"blind": blind_quality(job.splits["train"].samples, job.splits["test"]).values}, {}
    found: Baselines = measure_baselines(splits=job.splits, faculties=job.faculties, seed=seed)
    windows_N2 = target_windows(_weights(job, "test"), job.faculties["test"], job.splits["test"])
    values = {**found.values(), "aggregated": job.splits["test"].score(windows_N2).values}
    return values, {"static_weights": found.static_weights, "best_single": found.best_single}


def _weights(job: Job, split: str) -> Tensor:
    assert isinstance(job.method, Emtm)
    with torch.no_grad():
        return job.method.weigh(job.splits[split], job.faculties[split])


def _quality_warnings(baselines: dict[str, dict[str, float]]) -> Iterator[Warned]:
    blind = baselines["blind"]["miou"]
    for name, values in baselines.items():
        if name.startswith("teacher:") and values["miou"] < blind:
            message = (
                f"Teacher {name.removeprefix('teacher:')!r} is worse than guessing without looking: mIoU "
                f"{values['miou']:.3f} on test, blind {blind:.3f}."
            )
            yield Warned(code="teacher_below_blind", message=message)


def _write_table(job: Job, path: Path) -> None:
    tables = []
    for split in BOTH_WAYS:
        data = job.splits[split]
        taught = bool(job.faculties)
        tables.append(
            split_columns(
                name=split,
                split=data,
                student_N2=predict(job.student, data),
                faculty=job.faculties[split] if taught else None,
                weights_NHT=_weights(job, split) if taught else None,
            )
        )
    write_table(path, tables)
