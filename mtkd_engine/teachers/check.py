"""Looking at the teacher that a user hands in, before a job does: what it is, how good it is, sealed for jobs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtkd_engine.data.dataset import Dataset, load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.evaluation.student import predict, quality
from mtkd_engine.modelfile import ModelError, has_own_card, load_model, model_hash, recognise
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.teachers.intake.check import Intake, SaidError, check_classifier
from mtkd_engine.teachers.intake.dense.check import check_dense
from mtkd_engine.teachers.intake.dense.said import is_dense
from mtkd_engine.teachers.intake.said import card_beside, is_classifier, read_said
from mtkd_engine.teachers.load import MODEL, teacher_file
from mtkd_engine.teachers.predicted import below_blind, check_predictions, measured_windows, note

REFUSED = 2
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
            outcomes=given.outcomes,
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
    outcomes: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """This will read a teacher's file whole, describe it, measure it where a dataset is given, and seal it.

    What a model said of each sample is written to `outcomes`, but not of grounding. Raises ModelError or DataError with
    one sentence; nothing is sealed then.
    """
    file, say = teacher_file(path), progress or Progress()
    if is_dense(file, card=card, dataset=dataset):
        return check_dense(
            file, card=card, dataset=dataset, split=split, seal=seal, outcomes=outcomes, say=say
        )
    if is_classifier(file, card=card, dataset=dataset):
        labelled = None if dataset is None else load_labelled(dataset)
        # What lies beside a file that says all by itself, as a job leaves it, is a copy of that.
        says_all = foreign_kind(file) is None and has_own_card(file)
        said = read_said(card or (None if says_all else card_beside(file)))
        return check_classifier(
            Intake(
                file=file,
                said=said,
                data=labelled,
                split=split,
                seal=seal,
                say=say,
                outcomes=outcomes,
            )
        )
    kind = recognise(file)
    data = load_dataset(dataset) if dataset is not None else None
    if kind == "safetensors":
        return _check_model(file, card=card, data=data, split=split, seal=seal, say=say)
    return check_predictions(file, kind, data=data, split=split, seal=seal, say=say)


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
            measured = measured_windows(windows.numpy(), samples, split=split, data=data)
            problems += below_blind(measured)
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
        return note(
            "no_features",
            f"The dataset {data.name} was registered without features, so quality is not known.",
        )
    if card.feature_width != data.features.width:
        return note(
            "other_width",
            f"The model reads features of width {card.feature_width}, those of {data.name} have width "
            f"{data.features.width}: it cannot teach there, and its quality is not known.",
        )
    return None


def _write(path: Path, report: Report) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_text(json.dumps(report), encoding="utf-8")
    partial.replace(path)
