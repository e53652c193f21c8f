"""How good predicted windows are on a dataset, and stored predictions looked at and sealed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.evaluation.baselines import blind_windows
from mtkd_engine.modelfile import Kind
from mtkd_engine.predictions.match import Matched, match
from mtkd_engine.predictions.read import read_predictions
from mtkd_engine.predictions.sealed import FILE as PREDICTIONS
from mtkd_engine.predictions.sealed import Sealed, write_sealed
from mtkd_engine.tasks.grounding.metrics import evaluate
from mtkd_engine.teachers.stored import best_windows

UNKNOWN_SHOWN = 5
Report = dict[str, Any]


def check_predictions(
    file: Path, kind: Kind, *, data: Dataset | None, split: str, seal: Path | None, say: Progress
) -> Report:
    if data is None:
        raise DataError(
            f"{file.name} holds stored predictions; name the dataset that they were made for (--dataset)."
        )
    assert kind != "safetensors"
    say.say("predictions")
    matched = match(read_predictions(file, kind=kind, progress=say), data, file=file.name)
    sealed = Sealed(matched.predictions, data.content_hash)
    say.say("quality")
    measured, problems = _predicted_quality(matched, split=split, data=data)
    if seal is not None:
        with new_folder(seal) as folder:
            write_sealed(folder / PREDICTIONS, sealed)
    return {
        "kind": "predictions",
        "form": matched.predictions.form,
        "scale": matched.predictions.scale,
        "task": data.task,
        "content_hash": sealed.content_hash,
        "samples": len(matched.predictions),
        "salient": _salient(matched),
        "coverage": {name: {"covered": c, "of": of} for name, (c, of) in matched.coverage.items()},
        "unknown": {"count": len(matched.unknown), "first": list(matched.unknown[:UNKNOWN_SHOWN])},
        "dataset_hash": data.content_hash,
        "bytes": file.stat().st_size,
        "quality": measured,
        "problems": [asdict(problem) for problem in (*matched.problems, *_incomplete(matched), *problems)],
    }


def _predicted_quality(matched: Matched, *, split: str, data: Dataset) -> tuple[Report | None, list[Problem]]:
    covered = set(matched.predictions.ids)
    samples = tuple(sample for sample in data.splits[split] if sample.sample_id in covered)
    if not samples:
        message = f"No sample of {split} is predicted, so quality there is not known."
        return None, [note("split_not_covered", message)]
    part = matched.predictions.take_ids([sample.sample_id for sample in samples])
    measured = measured_windows(best_windows(part, samples).numpy(), samples, split=split, data=data)
    return measured, below_blind(measured)


def measured_windows(windows_N2: Any, samples: tuple[Sample, ...], *, split: str, data: Dataset) -> Report:
    """Metrics, and beside them those of the one window that is best on train without looking at anything."""
    blind = blind_windows(data.splits["train"] or samples, samples)
    truths, durations = [s.windows for s in samples], [s.duration for s in samples]
    return {
        "split": split,
        "samples": len(samples),
        "metrics": evaluate(windows_N2, truths, durations=durations)[0],
        "blind": evaluate(blind, truths, durations=durations)[0],
    }


def below_blind(measured: Report) -> list[Problem]:
    own, blind = measured["metrics"]["miou"], measured["blind"]["miou"]
    if own >= blind:
        return []
    message = f"It is worse than guessing without looking: mIoU {own:.3f} on {measured['split']}, blind {blind:.3f}."
    return [Problem("below_blind", "warning", message, 1, (), None)]


def _salient(matched: Matched) -> int:
    """How many samples have a score of each clip beside what is predicted."""
    saliency = matched.predictions.saliency
    return 0 if saliency is None else int((saliency.sizes > 0).sum())


def _incomplete(matched: Matched) -> list[Problem]:
    lacking = {split: of - covered for split, (covered, of) in matched.coverage.items() if covered < of}
    if not lacking:
        return []
    counts = ", ".join(f"{count:,} of {split}" for split, count in lacking.items())
    message = f"{sum(lacking.values()):,} sample(s) are not predicted ({counts}): jobs need all of them."
    return [Problem("incomplete_coverage", "warning", message, sum(lacking.values()), (), None)]


def note(code: str, message: str) -> Problem:
    return Problem(code, "note", message, 1, (), None)
