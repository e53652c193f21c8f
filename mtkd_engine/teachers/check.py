"""Looking at the teacher that a user hands in, before a job does: what it is, how good it is, sealed for jobs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtkd_engine.data.dataset import Dataset, Sample, load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.evaluation.baselines import blind_windows
from mtkd_engine.evaluation.student import predict, quality
from mtkd_engine.modelfile import Kind, ModelError, has_own_card, load_model, model_hash, recognise
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.predictions.match import Matched, match
from mtkd_engine.predictions.read import read_predictions
from mtkd_engine.predictions.sealed import FILE as PREDICTIONS
from mtkd_engine.predictions.sealed import Sealed, write_sealed
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.metrics import evaluate
from mtkd_engine.teachers.intake.check import Intake, SaidError, check_classifier
from mtkd_engine.teachers.intake.said import card_beside, is_classifier, read_said
from mtkd_engine.teachers.load import MODEL, teacher_file
from mtkd_engine.teachers.stored import best_windows

REFUSED = 2
UNKNOWN_SHOWN = 5
Report = dict[str, Any]


def check_teacher_command(given: argparse.Namespace) -> int:
    """This will run `check teacher` and return its exit code; a refusal is one sentence on the standard error."""
    try:
        report = check_teacher(
            given.path,
            card=given.card,
            dataset=given.dataset,
            split=given.split,
            seal=given.seal,
            progress=Progress(given.progress),
        )
    except (ModelError, DataError) as error:
        if isinstance(error, SaidError) and given.report:
            _write(given.report, error.report)
        elif isinstance(error, ModelError) and error.mismatch and given.report:
            _write(given.report, {"kind": "model", "mismatch": [asdict(item) for item in error.mismatch]})
        print(str(error), file=sys.stderr)
        return REFUSED
    if given.report:
        _write(given.report, report)
    else:
        print(json.dumps(report))
    return 0


def check_teacher(
    path: Path,
    *,
    card: Path | None = None,
    dataset: Path | None = None,
    split: str = "val",
    seal: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """This will read a teacher's file whole, describe it, measure it where a dataset is given, and seal it.

    Raises ModelError or DataError with one sentence; nothing is sealed then.
    """
    file = teacher_file(path)
    if is_classifier(file, card=card, dataset=dataset):
        labelled = None if dataset is None else load_labelled(dataset)
        # What lies beside a file that says all by itself, as a job leaves it, is a copy of that.
        says_all = foreign_kind(file) is None and has_own_card(file)
        said = read_said(card or (None if says_all else card_beside(file)))
        return check_classifier(
            Intake(file=file, said=said, data=labelled, split=split, seal=seal, say=progress or Progress())
        )
    kind, say = recognise(file), progress or Progress()
    data = load_dataset(dataset) if dataset is not None else None
    if kind == "safetensors":
        return _check_model(file, card=card, data=data, split=split, seal=seal, say=say)
    return _check_predictions(file, kind, data=data, split=split, seal=seal, say=say)


def evaluate_model(path: Path, *, data: Path, split: str) -> dict[str, float]:
    """This will measure a model file on a split of a dataset folder; raises ModelError or DataError."""
    model, card = load_model(path)
    dataset = load_dataset(data)
    features = dataset.needed_features()
    if card.feature_width != features.width:
        raise ModelError(
            f"{path.name} reads features of width {card.feature_width}, "
            f"but those of {dataset.name} have width {features.width}."
        )
    return quality(model, SplitData(dataset.splits[split], Collator.of(card, features), device="cpu"))


def _check_model(
    file: Path, *, card: Path | None, data: Dataset | None, split: str, seal: Path | None, say: Progress
) -> Report:
    say.say("model")
    model, read = load_model(file, card=card)
    content_hash = model_hash(file, card=card)
    problems: list[Problem] = []
    measured = None
    if data is not None:
        reason = _why_not_measured(read, data)
        if reason is None:
            say.say("quality")
            samples = data.splits[split]
            windows = predict(
                model, SplitData(samples, Collator.of(read, data.needed_features()), device="cpu")
            )
            measured = _quality(windows.numpy(), samples, split=split, data=data)
            problems += _below_blind(measured)
        else:
            problems.append(reason)
    if seal is not None:
        with new_folder(seal) as folder:
            shutil.copyfile(file, folder / MODEL)
            if not has_own_card(file):
                (folder / MODEL).with_suffix(".json").write_text(
                    read.model_dump_json(indent=2), encoding="utf-8"
                )
    return {
        "kind": "model",
        "task": read.task,
        "family": read.net.family,
        "content_hash": content_hash,
        "card": read.model_dump(mode="json"),
        "parameters": sum(p.numel() for p in model.parameters()),
        "bytes": file.stat().st_size,
        "quality": measured,
        "problems": [asdict(problem) for problem in problems],
    }


def _why_not_measured(card: GroundingCard, data: Dataset) -> Problem | None:
    if data.features is None:
        return _note(
            "no_features",
            f"The dataset {data.name} was registered without features, so quality is not known.",
        )
    if card.feature_width != data.features.width:
        return _note(
            "other_width",
            f"The model reads features of width {card.feature_width}, those of {data.name} have width "
            f"{data.features.width}: it cannot teach there, and its quality is not known.",
        )
    return None


def _check_predictions(
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
        return None, [_note("split_not_covered", message)]
    part = matched.predictions.take_ids([sample.sample_id for sample in samples])
    measured = _quality(best_windows(part, samples).numpy(), samples, split=split, data=data)
    return measured, _below_blind(measured)


def _quality(windows_N2: Any, samples: tuple[Sample, ...], *, split: str, data: Dataset) -> Report:
    """Metrics, and beside them those of the one window that is best on train without looking at anything."""
    blind = blind_windows(data.splits["train"] or samples, samples)
    truths, durations = [s.windows for s in samples], [s.duration for s in samples]
    return {
        "split": split,
        "samples": len(samples),
        "metrics": evaluate(windows_N2, truths, durations=durations)[0],
        "blind": evaluate(blind, truths, durations=durations)[0],
    }


def _below_blind(measured: Report) -> list[Problem]:
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


def _note(code: str, message: str) -> Problem:
    return Problem(code, "note", message, 1, (), None)


def _write(path: Path, report: Report) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_text(json.dumps(report), encoding="utf-8")
    partial.replace(path)
