"""Whether what is handed in is a classifier, and what a person said of it, as the file `--card` names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.task import task_of
from mtkd_engine.modelfile import LARGEST_CARD, ModelError, has_own_card, read_card, recognise
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.spec import ClassifierCard, TeacherStatement, is_statement
from mtkd_engine.spec.base import explain
from mtkd_engine.teachers.intake.fitting import propose
from mtkd_engine.teachers.intake.library import CONFIG, is_library_config, statement_of

_OF_A_CARD = ("format", "temperature", "recipe", "metrics")


def read_said(path: Path | None) -> TeacherStatement | None:
    """This will read a statement, or a whole card or a library's `config.json` as one.

    None for no file, and for a card of grounding. Raises ModelError.
    """
    if path is None:
        return None
    try:
        given: dict[str, Any] = dict(read_json_object(path, most_bytes=LARGEST_CARD))
    except DataError as error:
        raise ModelError(str(error)) from None
    if is_library_config(given):
        given = statement_of(given, beside=path.parent)
    if not is_statement(given):
        return None
    stated = {name: value for name, value in given.items() if name not in _OF_A_CARD}
    if isinstance(stated.get("net"), dict) and stated["net"].get("family") == "onnx":
        stated["net"] = None
    try:
        return TeacherStatement.model_validate(stated)
    except ValidationError as error:
        said = str(explain(error, subject="classification"))
        raise ModelError(f"card: {said}") from None


def is_classifier(file: Path, *, card: Path | None, dataset: Path | None) -> bool:
    """This will tell whether a file is a classifier's, by itself, by what is said of it, by its dataset.

    Raises ModelError for one that cannot be what its dataset needs, and for what cannot be read.
    """
    task = None if dataset is None else task_of(dataset)
    if (kind := foreign_kind(file)) is not None:
        if task == "grounding":
            what = "a PyTorch checkpoint" if kind == "torch" else "an ONNX program"
            raise ModelError(
                f"{file.name} is {what}, which teaches image classification; the dataset is of task grounding, and "
                "accepted for that are .safetensors models and stored predictions."
            )
        return True
    if recognise(file) != "safetensors":
        if task == "classification":
            raise ModelError(
                f"{file.name} holds stored predictions, which teach grounding; the dataset is of task classification, "
                "and accepted for that are models (.safetensors, .pt, .pth, .th, .onnx)."
            )
        return False
    if has_own_card(file):
        return isinstance(read_card(file), ClassifierCard)
    given = card or card_beside(file)
    if given is not None:
        return read_said(given) is not None
    return task == "classification" or propose(file) is not None


def card_beside(file: Path) -> Path | None:
    """This will find the card NAME.json that lies beside a file, or what the transformers library saved with it."""
    beside = (file.with_suffix(".json"), file.with_name(CONFIG))
    return next((path for path in beside if path.is_file()), None)
