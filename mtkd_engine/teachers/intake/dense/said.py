"""Whether what is handed in is a segmentation or saliency network, and what a person said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.task import task_of
from mtkd_engine.modelfile import LARGEST_CARD, ModelError, has_own_card, read_card, recognise
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.spec import DENSE_TASKS, DenseStatement, SaliencyCard, SegmenterCard, is_dense_statement
from mtkd_engine.spec.base import explain
from mtkd_engine.teachers.intake.dense.library import segments, statement_of_segmenter
from mtkd_engine.teachers.intake.library import is_library_config
from mtkd_engine.teachers.intake.said import card_beside

_OF_A_CARD = ("format", "temperature", "recipe", "metrics")


def read_dense_said(path: Path | None) -> DenseStatement | None:
    """This will read a statement, or a whole card or a library's `config.json` as one.

    None for no file, and for what is said of a model of another task. Raises ModelError.
    """
    given = _given(path)
    if path is None or given is None:
        return None
    if is_library_config(given):
        if not segments(given):
            return None
        given = statement_of_segmenter(given, beside=path.parent)
    if not is_dense_statement(given):
        return None
    stated = {name: value for name, value in given.items() if name not in _OF_A_CARD}
    try:
        return DenseStatement.model_validate(stated)
    except ValidationError as error:
        task = stated.get("task", "segmentation")
        raise ModelError(f"card: {explain(error, subject=str(task))}") from None


def is_dense(file: Path, *, card: Path | None, dataset: Path | None) -> bool:
    """This will tell whether a file is a network with an output for every pixel: by itself, by what is said, by data.

    Raises ModelError for one that cannot be what its dataset needs.
    """
    task = None if dataset is None else task_of(dataset)
    kind = foreign_kind(file)
    if kind is None and recognise(file) == "safetensors" and has_own_card(file):
        return isinstance(read_card(file), SegmenterCard | SaliencyCard)
    if task in DENSE_TASKS:
        if kind == "onnx" or (kind is None and recognise(file) != "safetensors"):
            what = "an ONNX program" if kind == "onnx" else "stored predictions"
            raise ModelError(
                f"{file.name} is {what}; the dataset is of task {task}, and accepted for that are models "
                "(.safetensors, .pt, .pth, .th)."
            )
        return True
    return task is None and kind != "onnx" and _is_said(card or card_beside(file))


def _is_said(path: Path | None) -> bool:
    given = _given(path)
    if given is None:
        return False
    return segments(given) if is_library_config(given) else is_dense_statement(given)


def _given(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        return dict(read_json_object(path, most_bytes=LARGEST_CARD))
    except DataError as error:
        raise ModelError(str(error)) from None
