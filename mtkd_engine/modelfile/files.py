"""Writing, checking and loading model files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.modelfile.errors import ModelError
from mtkd_engine.modelfile.fit import LISTED, Tensors, advice, misfits, sentence
from mtkd_engine.modelfile.header import Header, read_header
from mtkd_engine.modelfile.kinds import recognise
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.nets.registry import AnyCard, build_for, expected_tensors
from mtkd_engine.spec import ClassifierCard, GroundingCard, SaliencyCard, SegmenterCard, SpecError
from mtkd_engine.spec.base import explain

HEADER_KEY = "mtkd.model"
LARGEST_CARD = 32 * 2**20
_CARDS: dict[str, type[AnyCard]] = {
    "grounding": GroundingCard,
    "classification": ClassifierCard,
    "segmentation": SegmenterCard,
    "saliency": SaliencyCard,
}


def save_model(path: Path, *, parameters: dict[str, Tensor], card: AnyCard) -> None:
    """This will write the file whole or not at all."""
    partial = path.with_suffix(f".{os.getpid()}.partial")  # two jobs may make the same copy at a time
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in parameters.items()}
    with whole_or_nothing(partial):
        save_file(tensors, partial, metadata={HEADER_KEY: card.model_dump_json()})
        partial.replace(path)


def read_card(path: Path, *, card: Path | None = None) -> AnyCard:
    """This will read the card from the header, or for a file without one from `card` or NAME.json beside it.

    Raises ModelError.
    """
    return _card(path, header=_header(path), given=card)


def has_own_card(path: Path) -> bool:
    """This will say whether the card lies in the header of the file."""
    return HEADER_KEY in _header(path).metadata


def model_hash(path: Path, *, card: Path | None = None) -> str:
    """This will hash what a checked file says: its card, wherever that lies, but for its figures, and its tensors.

    The same parameters under another card are another model; in another file they are the same.
    """
    said = read_card(path, card=card).model_copy(update={"metrics": {}})
    digest = hashlib.sha256(said.model_dump_json().encode())
    with safe_open(path, framework="pt") as file:
        for name in sorted(file.keys()):
            tensor = file.get_tensor(name).contiguous()
            digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
            digest.update(tensor.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def check_model(path: Path, *, card: Path | None = None) -> AnyCard:
    """This will compare names, shapes and dtypes with the architecture before any parameter is read.

    Returns the card; raises ModelError, whose `mismatch` lists what does not fit.
    """
    header = _header(path)
    read = _card(path, header=header, given=card)
    listed = misfits(_expected(read, path), header.tensors)
    if listed:
        hint = advice(read, header.tensors)
        raise ModelError(
            f"{path.name} does not fit the architecture {read.net.family!r} of its card: {sentence(listed)}"
            + (f"; {hint}." if hint else "."),
            mismatch=listed[:LISTED],
        )
    return read


def load_model(path: Path, *, card: Path | None = None) -> tuple[nn.Module, GroundingCard]:
    """This will check the file of a grounding model, build the network and load it, in evaluation mode.

    Raises ModelError, also for a model of another task.
    """
    read = check_model(path, card=card)
    if not isinstance(read, GroundingCard):
        raise _other_task(path, read, wanted="grounding")
    with torch.random.fork_rng(devices=[]):  # building draws initial values that are overwritten at once
        model = build_for(read)
    _fill(model, path)
    return model, read


def load_classifier(path: Path, *, card: Path | None = None) -> tuple[Classifier, ClassifierCard]:
    """This will check the file of a classifier, build the network and load it, in evaluation mode.

    Raises ModelError, also for a model of another task.
    """
    read = check_model(path, card=card)
    if not isinstance(read, ClassifierCard):
        raise _other_task(path, read, wanted="classification")
    with torch.random.fork_rng(devices=[]):
        model = build_for(read)
    _fill(model, path)
    return model, read


def load_dense(path: Path, *, card: Path | None = None) -> tuple[DenseNet, AnyDenseCard]:
    """This will check the file of a segmentation or saliency network, build it and load it, in evaluation mode.

    Raises ModelError, also for a model of another task.
    """
    read = check_model(path, card=card)
    if not isinstance(read, SegmenterCard | SaliencyCard):
        raise _other_task(path, read, wanted="segmentation' or 'saliency")
    with torch.random.fork_rng(devices=[]):
        model = build_for(read)
    _fill(model, path)
    return model, read


def _expected(card: AnyCard, path: Path) -> Tensors:
    try:
        return expected_tensors(card)
    except SpecError as error:
        raise ModelError(f"{path.name}: its model card is not accepted: {error}") from None


def _fill(model: nn.Module, path: Path) -> None:
    try:
        parameters = load_file(path)
    except (SafetensorError, OSError, RuntimeError) as error:  # RuntimeError: more than can be mapped
        raise ModelError(f"{path.name} cannot be read ({error}).") from None
    for name, tensor in parameters.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(
                f"{path.name}: tensor {name!r} holds NaN or infinite values; finite ones are accepted."
            )
    model.load_state_dict(parameters)
    model.eval()
    model.requires_grad_(False)


def _other_task(path: Path, card: AnyCard, *, wanted: str) -> ModelError:
    return ModelError(
        f"{path.name} is a model of task {card.task!r}; accepted here is one of task {wanted!r}."
    )


def _header(path: Path) -> Header:
    kind = recognise(path)
    if kind != "safetensors":
        raise ModelError(f"{path.name} holds stored predictions ({kind}); a model is a .safetensors file.")
    return read_header(path)


def _card(path: Path, *, header: Header, given: Path | None) -> AnyCard:
    text, beside = header.metadata.get(HEADER_KEY), path.with_suffix(".json")
    if given is not None:
        if text is not None:
            raise ModelError(f"{path.name} has a card in its header; {given.name} is for files without one.")
        text = _text(given)
    elif text is None and beside.is_file():
        text = _text(beside)
    if text is None:
        raise ModelError(
            f"{path.name}: its header has no {HEADER_KEY!r} and no {beside.name} lies beside it; "
            "a model card that names the architecture is needed."
        )
    try:
        stated = json.loads(text)
        kind = _kind_of(stated)
        return kind.model_validate(stated)
    except ValidationError as error:
        said = explain(error, subject=kind.model_fields["task"].default)
        raise ModelError(f"{path.name}: its model card is not accepted: {said}") from None
    except SpecError as error:
        raise ModelError(f"{path.name}: its model card is not accepted: {error}") from None
    except RecursionError:
        raise ModelError(f"{path.name}: its model card is not readable JSON (nested too deeply).") from None
    except ValueError as error:
        raise ModelError(f"{path.name}: its model card is not readable JSON ({error}).") from None


def _kind_of(stated: Any) -> type[AnyCard]:
    """Cards from before there were several tasks do not state theirs, which is grounding."""
    task = stated.get("task", "grounding") if isinstance(stated, dict) else "grounding"
    if not isinstance(task, str) or task not in _CARDS:
        raise SpecError({"task": f"given {task!r:.80}, accepted is one of {', '.join(map(repr, _CARDS))}."})
    return _CARDS[task]


def _text(card: Path) -> str:
    try:
        size = card.stat().st_size
        if size <= LARGEST_CARD:
            return card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{card.name} cannot be read as a model card ({error}).") from None
    raise ModelError(f"{card.name} has {size:,} bytes; a model card of up to {LARGEST_CARD:,} is accepted.")
