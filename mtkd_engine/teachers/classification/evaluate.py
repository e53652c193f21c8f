"""How good an image classifier in a file is on a split of a dataset."""

from __future__ import annotations

from pathlib import Path

import torch

from mtkd_engine.data.images.load import load_images
from mtkd_engine.modelfile import ModelError, load_classifier
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.split import ImageSplit
from mtkd_engine.teachers.classification.live import beliefs_of
from mtkd_engine.teachers.classification.programs import open_program, program_card


def evaluate_classifier(path: Path, *, data: Path, split: str) -> dict[str, float]:
    """This will measure a model file, or an ONNX program with its card, on a split of a dataset of images.

    Images are brought to the size that it reads, at the temperature of its card. Raises ModelError, also where it
    does not know a class of the dataset, or DataError.
    """
    if path.suffix == ".onnx":
        card = program_card(path)
        model: torch.nn.Module = open_program(path, card=card, name=path.name)
    else:
        model, card = load_classifier(path)
    dataset = load_images(data)
    try:
        classes = ClassMap.of(card.classes, dataset.classes, teacher=path.name)
    except ValueError as error:
        raise ModelError(str(error).removeprefix("teachers: ")) from None
    seen = ImageSplit(
        dataset.splits[split], dataset.images, name=split, size=card.input.size, augment=None, seed=0
    )
    parts = [
        Quality.of(beliefs_of(model, card, classes, batch.images_BCHW), batch.labels_B)
        for batch in seen.in_order()
    ]
    return Quality.joined(parts).values
