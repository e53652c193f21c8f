"""The state dict in what a training script saved: found, its names freed of wrappers, its tensors made plain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mtkd_engine.teachers.intake.inside.refusal import WAY_OUT, RefusedError, shown

MOST_TENSORS = 100_000
LONGEST_NAME = 500
MOST_TOLD = 2000
_UNDER = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params")
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.")
_DEEPEST = 3
_KEPT = {torch.float32, torch.int64}
_TO_FLOAT = {torch.float64, torch.float16, torch.bfloat16}


@dataclass
class Converted:
    """Plain tensors by name, and what was done to get them."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    found_under: str = ""
    prefix: str = ""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    converted: list[tuple[str, str, str]] = field(default_factory=list)


def convert_state(loaded: object, *, most_bytes: int) -> Converted:
    """This will make safetensors of what was loaded; raises RefusedError. `most_bytes` is for all tensors together."""
    out = Converted()
    state = _find(loaded, out)
    named = {name: value for name, value in state.items() if _is_parameter(name, value, out)}
    if len(named) > MOST_TENSORS:
        raise RefusedError(f"holds {len(named):,} tensors; up to {MOST_TENSORS:,} are accepted")
    out.prefix = _prefix(list(named))
    total = 0
    for name, value in named.items():
        _check_plain(name, value)
        total += value.numel() * 4
        if total > most_bytes:
            raise RefusedError("holds tensors that share their bytes and would grow beyond measure")
        short = name.removeprefix(out.prefix)
        if short != name:
            out.renamed.append((name, short))
        out.tensors[short] = _plain(short, value, out)
    return out


def _find(loaded: object, out: Converted) -> dict[Any, Any]:
    """The dictionary that holds tensors: what was saved itself, or what lies in it under a usual name."""
    here, path = loaded, list[str]()
    for _ in range(_DEEPEST):
        if not isinstance(here, dict):
            break
        if any(isinstance(value, Tensor) for value in here.values()):
            out.found_under = ".".join(path)
            return here
        inner = next((name for name in _UNDER if isinstance(here.get(name), dict)), None)
        if inner is None:
            break
        out.ignored += [
            (shown(name)[1:-1], _kind(value))
            for name, value in list(here.items())[:MOST_TOLD]
            if name != inner
        ]
        path.append(inner)
        here = here[inner]
    raise RefusedError(f"holds no state dict, but {_kind(loaded)}; {WAY_OUT}")


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return f"a dictionary of {len(value):,}"
    if isinstance(value, Tensor):
        return "a tensor"
    return f"a {type(value).__name__}"


def _is_parameter(name: object, value: object, out: Converted) -> bool:
    if not isinstance(value, Tensor):
        if len(out.ignored) < MOST_TOLD:
            out.ignored.append((shown(name)[1:-1], _kind(value)))
        return False
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise RefusedError(f"holds a tensor under the name {shown(name)}; accepted are printable words")
    return True


def _prefix(names: list[str]) -> str:
    """What wrappers put before every name, one after another; the same for all."""
    prefix = ""
    while found := next(
        (w for w in _WRAPPERS if all(name.startswith(prefix + w) and name != prefix + w for name in names)),
        None,
    ):
        prefix += found
    return prefix


def _check_plain(name: str, value: Tensor) -> None:
    """Looks at what describes the tensor before any of its values is read."""
    if type(value) not in {Tensor, torch.nn.Parameter} or value.layout != torch.strided:
        raise RefusedError(
            f"holds {shown(name)} as {value.layout} {type(value).__name__}; accepted are plain tensors"
        )
    if value.is_quantized or value.device.type != "cpu" or value.is_nested:
        raise RefusedError(
            f"holds {shown(name)} quantised, nested or on {value.device}; accepted are plain tensors"
        )
    if value.dtype not in _KEPT | _TO_FLOAT:
        raise RefusedError(
            f"holds {shown(name)} of {str(value.dtype).removeprefix('torch.')}; accepted are floats and int64"
        )
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise RefusedError(
            f"holds {shown(name)} of shape {list(value.shape)}, spread out from fewer bytes than that"
        )


def _plain(name: str, value: Tensor, out: Converted) -> Tensor:
    wanted = torch.float32 if value.dtype in _TO_FLOAT else value.dtype
    if wanted != value.dtype:
        out.converted.append((name, str(value.dtype).removeprefix("torch."), "float32"))
    plain = value.detach().to(wanted).clone(memory_format=torch.contiguous_format)
    if plain.is_floating_point() and not bool(torch.isfinite(plain).all()):
        raise RefusedError(f"holds NaN or infinite values in {shown(name)}; finite ones are accepted")
    return plain
