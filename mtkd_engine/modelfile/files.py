"""Writing, checking and loading model files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.modelfile.errors import ModelError
from mtkd_engine.modelfile.fit import LISTED, advice, misfits, sentence
from mtkd_engine.modelfile.header import Header, read_header
from mtkd_engine.modelfile.kinds import recognise
from mtkd_engine.nets.registry import build_for, expected_tensors
from mtkd_engine.spec import ModelCard
from mtkd_engine.spec.base import explain

HEADER_KEY = "mtkd.model"
LARGEST_CARD = 32 * 2**20


def save_model(path: Path, *, parameters: dict[str, Tensor], card: ModelCard) -> None:
    """This will write the file whole or not at all."""
    partial = path.with_suffix(f".{os.getpid()}.partial")  # two jobs may make the same copy at a time
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in parameters.items()}
    with whole_or_nothing(partial):
        save_file(tensors, partial, metadata={HEADER_KEY: card.model_dump_json()})
        partial.replace(path)


def read_card(path: Path, *, card: Path | None = None) -> ModelCard:
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


def check_model(path: Path, *, card: Path | None = None) -> ModelCard:
    """This will compare names, shapes and dtypes with the architecture before any parameter is read.

    Returns the card; raises ModelError, whose `mismatch` lists what does not fit.
    """
    header = _header(path)
    read = _card(path, header=header, given=card)
    listed = misfits(expected_tensors(read), header.tensors)
    if listed:
        hint = advice(read, header.tensors)
        raise ModelError(
            f"{path.name} does not fit the architecture {read.net.family!r} of its card: {sentence(listed)}"
            + (f"; {hint}." if hint else "."),
            mismatch=listed[:LISTED],
        )
    return read


def load_model(path: Path, *, card: Path | None = None) -> tuple[nn.Module, ModelCard]:
    """This will check the file, build the network and load it, in evaluation mode; raises ModelError."""
    read = check_model(path, card=card)
    with torch.random.fork_rng(devices=[]):  # building draws initial values that are overwritten at once
        model = build_for(read)
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
    return model, read


def _header(path: Path) -> Header:
    kind = recognise(path)
    if kind != "safetensors":
        raise ModelError(f"{path.name} holds stored predictions ({kind}); a model is a .safetensors file.")
    return read_header(path)


def _card(path: Path, *, header: Header, given: Path | None) -> ModelCard:
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
        return ModelCard.model_validate(json.loads(text))
    except ValidationError as error:
        raise ModelError(f"{path.name}: its model card is not accepted: {explain(error)}") from None
    except RecursionError:
        raise ModelError(f"{path.name}: its model card is not readable JSON (nested too deeply).") from None
    except ValueError as error:
        raise ModelError(f"{path.name}: its model card is not readable JSON ({error}).") from None


def _text(card: Path) -> str:
    try:
        size = card.stat().st_size
        if size <= LARGEST_CARD:
            return card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{card.name} cannot be read as a model card ({error}).") from None
    raise ModelError(f"{card.name} has {size:,} bytes; a model card of up to {LARGEST_CARD:,} is accepted.")
