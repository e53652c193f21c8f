"""From bare tensors and a card to a model file: names as they are here, what differs told or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from mtkd_engine.modelfile import ModelError, save_model
from mtkd_engine.modelfile.fit import LISTED, advice, misfits, sentence
from mtkd_engine.modelfile.header import Described, read_header
from mtkd_engine.modelfile.infer import COUNTER, Proposed, infer_card
from mtkd_engine.nets.registry import AnyCard, expected_tensors, older_names
from mtkd_engine.spec import SpecError


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """How the tensors came to be those of the architecture."""

    renamed: tuple[tuple[str, str], ...]
    added: tuple[str, ...]
    """Counters of batches that older checkpoints lack: 0, without any effect."""
    unexpected: tuple[str, ...]
    """Tensors that the architecture has no place for: left out."""
    converted: tuple[tuple[str, str, str], ...]


def propose(file: Path) -> Proposed | None:
    """This will propose an architecture from the header of a safetensors file; raises ModelError."""
    return infer_card(read_header(file).tensors)


def fit_model(file: Path, *, card: AnyCard, to: Path, name: str) -> Fitted:
    """This will write the tensors of `file` as a model file with `card` to `to`.

    Raises ModelError, whose `mismatch` lists what does not fit, where a tensor is missing or of another shape; `name`
    is what the person calls the file.
    """
    found = read_header(file).tensors
    try:
        wanted = expected_tensors(card)
    except SpecError as error:
        raise ModelError(f"card: {error}") from None
    names = _names(card, wanted, found)
    here = {names[given]: tensor for given, tensor in found.items()}
    floats = {key: (shape, _dtype(key, dtype, wanted)) for key, (shape, dtype) in here.items()}
    added = tuple(sorted(k for k in wanted.keys() - here.keys() if k.endswith(f".{COUNTER}")))
    unexpected = tuple(sorted(here.keys() - wanted.keys()))
    listed = misfits({key: wanted[key] for key in wanted if key not in added}, floats)
    if any(item.what != "unexpected" for item in listed):
        hint = advice(card, floats)
        raise ModelError(
            f"{name} does not fit the architecture {card.net.family!r} of its card: {sentence(listed)}"
            + (f"; {hint}." if hint else "."),
            mismatch=listed[:LISTED],
        )
    tensors = load_file(file)
    kept = {names[given]: tensor for given, tensor in tensors.items() if names[given] in wanted}
    parameters = {key: _as(tensor, wanted[key][1]) for key, tensor in kept.items()}
    parameters |= {key: torch.zeros((), dtype=torch.int64) for key in added}
    save_model(to, parameters=parameters, card=card)
    return Fitted(
        renamed=tuple((given, key) for given, key in names.items() if given != key and key in wanted),
        added=added,
        unexpected=tuple(given for given, key in names.items() if key in unexpected),
        converted=tuple(
            (key, dtype, floats[key][1])
            for key, (_, dtype) in here.items()
            if floats[key][1] != dtype and key in wanted
        ),
    )


def _names(card: AnyCard, wanted: Mapping[str, Described], found: Mapping[str, Described]) -> dict[str, str]:
    """The name here of every tensor: as given or once given, as in another library, or below a common beginning."""
    proposed, older = infer_card(found), older_names(card, found)
    ways = [{name: name for name in found}, {name: older.get(name, name) for name in found}]
    if proposed is not None:
        ways.append({name: proposed.renamed.get(name, name) for name in found})
    roots = {name.partition(".")[0] for name in wanted}
    if len(roots) == 1:
        ways.append({name: f"{next(iter(roots))}.{name}" for name in found})
    return max(ways, key=lambda way: len(wanted.keys() & set(way.values())))


def _dtype(name: str, dtype: str, wanted: Mapping[str, Described]) -> str:
    is_float = dtype in {"float16", "bfloat16", "float64"}
    return wanted[name][1] if is_float and name in wanted and wanted[name][1] == "float32" else dtype


def _as(tensor: Tensor, dtype: str) -> Tensor:
    return tensor.float() if dtype == "float32" else tensor
