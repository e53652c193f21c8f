"""How good a classifier in a file is on a split of a dataset."""

from __future__ import annotations

from pathlib import Path

import torch

from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.modelfile import ModelError, load_classifier
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.reading import misread
from mtkd_engine.tasks.classification.splits.build import clean_split
from mtkd_engine.teachers.classification.live import beliefs_of
from mtkd_engine.teachers.classification.programs import open_program, program_card


def evaluate_classifier(path: Path, *, data: Path, split: str) -> dict[str, float]:
    """This will measure a model file, or an ONNX program with its card, on a split of a dataset.

    Samples are seen as it reads them, at the temperature of its card. Raises ModelError, also where it
    does not know a class of the dataset, or DataError.
    """
    if path.suffix == ".onnx":
        card = program_card(path)
        model: torch.nn.Module = open_program(path, card=card, name=path.name)
    else:
        model, card = load_classifier(path)
    dataset = load_labelled(data)
    try:
        classes = ClassMap.of(card.classes, dataset.classes, teacher=path.name)
    except ValueError as error:
        raise ModelError(str(error).removeprefix("teachers: ")) from None
    if (why := misread(card.input, dataset)) is not None:
        raise ModelError(f"{path.name} {why}.")
    seen = clean_split(dataset, split, card.input)
    parts = [
        Quality.of(beliefs_of(model, card, classes, batch.inputs), batch.labels_B)
        for batch in seen.in_order()
    ]
    return Quality.joined(parts).values
