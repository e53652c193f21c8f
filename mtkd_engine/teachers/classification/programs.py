"""Image classifiers that are ONNX programs: the file, the card beside it, and the process that runs it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from mtkd_engine.modelfile import ModelError
from mtkd_engine.spec import ClassifierCard, ImageInput, OnnxProgram
from mtkd_engine.spec.base import explain
from mtkd_engine.teachers.classification.extraction import OnnxNet

_LARGEST_CARD = 32 * 2**20
_CHUNK = 2**20


def program_card(file: Path) -> ClassifierCard:
    """This will read the card that lies beside a program, NAME.json; raises ModelError."""
    beside = file.with_suffix(".json")
    if not beside.is_file() or beside.stat().st_size > _LARGEST_CARD:
        raise ModelError(
            f"{file.name} has no card {beside.name} beside it, which says what it reads and gives."
        )
    try:
        card = ClassifierCard.model_validate(json.loads(beside.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ModelError(f"{file.name}: its card is not accepted: {explain(error)}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file.name}: its card is not readable JSON ({error}).") from None
    if not isinstance(card.net, OnnxProgram):
        raise ModelError(f"{file.name}: its card names the net {card.net.family!r}; accepted is 'onnx'.")
    return card


def program_hash(file: Path, *, card: ClassifierCard) -> str:
    """This will hash a program with its card but for the card's figures, as `model_hash` does for parameters."""
    digest = hashlib.sha256(card.model_copy(update={"metrics": {}}).model_dump_json().encode())
    with file.open("rb") as content:
        while part := content.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def open_program(file: Path, *, card: ClassifierCard, name: str) -> OnnxNet:
    """This will give the program as a frozen classifier; it runs in a confined process, from the first images on."""
    assert isinstance(card.input, ImageInput), "programs read images"
    return OnnxNet(file, name=name, classes=len(card.classes), reads=card.input)
