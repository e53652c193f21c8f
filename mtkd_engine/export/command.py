"""The command `export`: the files of a student that has been trained before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import nn

from mtkd_engine.export.batches import made_moments, made_samples, moments_of, samples_of
from mtkd_engine.export.dense.batches import made_pictures, pictures_of
from mtkd_engine.export.participants import as_participant, participant_in
from mtkd_engine.export.student import Inputs, export_student
from mtkd_engine.modelfile import load_classifier, load_dense, load_model, read_card, student_file
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.spec import ClassifierCard, SaliencyCard, SegmenterCard

_RESULT = "result.json"


def export_command(student: Path, *, out: Path, data: Path | None) -> list[Path]:
    """This will export the student in a file or a job's folder, with what lies beside it, and return the files.

    The ONNX file is compared on test samples of `data`, or on made ones: videos with the spread of the training
    videos, or noise. Raises ModelError, DataError, and OnnxDiffersError as `export_student` does.
    """
    path = student_file(student)
    model, card, batches = _loaded(path, data=data)
    beside = path.with_name(_RESULT)
    result: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    if (name := participant_in(result, path.name)) is not None:
        result = as_participant(result, name)
    out.mkdir(parents=True, exist_ok=True)
    spec = path.with_name("spec.yaml")
    if spec.is_file() and not (out / spec.name).exists():
        (out / spec.name).write_bytes(spec.read_bytes())
    return export_student(model, card, folder=out, samples_batch=batches, result=result)


def _loaded(path: Path, *, data: Path | None) -> tuple[nn.Module, AnyCard, Iterable[Inputs]]:
    kind = read_card(path)
    if isinstance(kind, SegmenterCard | SaliencyCard):
        dense, told = load_dense(path)
        return dense, told, made_pictures(told) if data is None else pictures_of(told, data)
    if isinstance(kind, ClassifierCard):
        classifier, said = load_classifier(path)
        return classifier, said, made_samples(said) if data is None else samples_of(said, data)
    model, card = load_model(path)
    return model, card, made_moments(model, card) if data is None else moments_of(card, data)
