"""One model in one .safetensors file: parameters, and in its header the card that says how to rebuild it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtkd_engine.nets.registry import build, expected_tensors
from mtkd_engine.spec import ModelCard
from mtkd_engine.spec.base import explain

HEADER_KEY = "mtkd.model"
SHOWN = 3
LARGEST_CARD = 32 * 2**20
DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "BOOL": "bool",
}


class ModelError(ValueError):
    """A model file cannot be trusted or does not fit; the sentence says why."""


def save_model(path: Path, *, parameters: dict[str, Tensor], card: ModelCard) -> None:
    """This will write the file whole or not at all."""
    partial = path.with_suffix(f".{os.getpid()}.partial")  # two jobs may make the same copy at a time
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in parameters.items()}
    save_file(tensors, partial, metadata={HEADER_KEY: card.model_dump_json()})
    partial.replace(path)


def read_card(path: Path) -> ModelCard:
    """This will read the card from the header, or from NAME.json beside a file without one; raises ModelError."""
    with _opened(path) as file:
        text = (file.metadata() or {}).get(HEADER_KEY)
    beside = path.with_suffix(".json")
    if text is None and beside.is_file():
        text = _beside(beside)
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


def _beside(card: Path) -> str:
    try:
        size = card.stat().st_size
        if size <= LARGEST_CARD:
            return card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{card.name} cannot be read as a model card ({error}).") from None
    raise ModelError(f"{card.name} has {size:,} bytes; a model card of up to {LARGEST_CARD:,} is accepted.")


def check_model(path: Path) -> ModelCard:
    """This will compare names, shapes and dtypes with the architecture before any parameter is read.

    Returns the card; raises ModelError with one sentence that lists what does not fit.
    """
    card = read_card(path)
    wanted = expected_tensors(card)
    with _opened(path) as file:
        found = {name: _described(file.get_slice(name)) for name in file.keys()}  # noqa: SIM118 - not a dict
    problems = _differences(wanted, found)
    if problems:
        raise ModelError(
            f"{path.name} does not fit the architecture {card.net.family!r} of its card: {problems}."
        )
    return card


def load_model(path: Path) -> tuple[nn.Module, ModelCard]:
    """This will check the file, build the network and load it, in evaluation mode; raises ModelError."""
    card = check_model(path)
    with torch.random.fork_rng(devices=[]):  # building draws initial values that are overwritten at once
        model = build(card.net, feature_width=card.feature_width, vocabulary_size=len(card.vocabulary))
    try:
        parameters = load_file(path)
    except (SafetensorError, OSError, RuntimeError) as error:
        raise ModelError(f"{path.name} cannot be read ({error}).") from None
    for name, tensor in parameters.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(
                f"{path.name}: tensor {name!r} holds NaN or infinite values; finite ones are accepted."
            )
    model.load_state_dict(parameters)
    model.eval()
    model.requires_grad_(False)
    return model, card


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except FileNotFoundError:
        raise ModelError(f"{path} does not exist; accepted is a .safetensors file.") from None
    except (SafetensorError, OSError, RuntimeError) as error:  # RuntimeError: more than can be mapped
        raise ModelError(
            f"{path.name} is not a complete .safetensors file ({error}); pickles, archives and cut files are refused."
        ) from None


def _described(tensor: Any) -> tuple[tuple[int, ...], str]:
    dtype = str(tensor.get_dtype())
    return tuple(tensor.get_shape()), DTYPES.get(dtype, dtype)


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    missing = sorted(set(wanted) - set(found))
    extra = sorted(set(found) - set(wanted))
    other = [
        f"{name} is {list(found[name][0])} {found[name][1]}, wanted {list(wanted[name][0])} {wanted[name][1]}"
        for name in sorted(set(wanted) & set(found))
        if wanted[name] != found[name]
    ]
    parts = [f"missing {_some(missing)}"] if missing else []
    parts += [f"unexpected {_some(extra)}"] if extra else []
    parts += [_some(other)] if other else []
    return "; ".join(parts)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
