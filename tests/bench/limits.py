"""How near a step of training comes to what a device can do: its products, and its memory.

The limits are measured on the device itself: one large product of matrices, and one large copy.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from tests.bench.courses import Course, School

VARIANTS: dict[str, dict[str, Any]] = {
    "float32": {},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, channels last": {"precision": "bfloat16", "channels_last": True},
    "and compiled": {"precision": "bfloat16", "channels_last": True, "compile": True},
    "and CUDA graphs": {
        "precision": "bfloat16",
        "channels_last": True,
        "compile": True,
        "cuda_graphs": True,
    },
}
WARM_UP, TIMED = 10, 100
_REPEATS = 10


class Bytes(TorchDispatchMode):
    """Counts what operations read and write where each goes through memory on its own."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [one for one in tree_leaves((args, kwargs, made)) if isinstance(one, Tensor)]
            self.total += sum(one.numel() * one.element_size() for one in tensors)
        return made


@dataclass(frozen=True)
class Limits:
    """What a device does in a second at best."""

    flops: float
    bytes: float


@dataclass(frozen=True)
class Work:
    """What a step asks of a device."""

    flops: float
    bytes: float


def measured_limits(device: str, *, dtype: torch.dtype, side: int = 8192, copied: int = 2**30) -> Limits:
    """This will measure a square product in a data type, and a copy (bytes read and written)."""
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    source = torch.zeros(copied, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    product = _seconds(lambda: torch.mm(one, other), device)
    copy = _seconds(lambda: target.copy_(source), device)
    return Limits(2.0 * side**3 / product, 2.0 * copied / copy)


def _seconds(deed: Any, device: str) -> float:
    deed()
    best = float("inf")
    for _ in range(_REPEATS):
        _wait(device)
        began = time.perf_counter()
        deed()
        _wait(device)
        best = min(best, time.perf_counter() - began)
    return best


def _wait(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize()


def work_of(course: Course) -> Work:
    """This will count what one step of a training asks, uncompiled."""
    with FlopCounterMode(display=False) as flops:
        course.run(1)
    with Bytes() as moved:
        course.run(1)
    return Work(float(flops.get_total_flops()), float(moved.total))


def on_device(school: School, *, steps: int = TIMED, **sizes: int) -> list[dict[str, Any]]:
    """This will time cached distillation in every variant, with the share of each limit that it reaches."""
    rows: list[dict[str, Any]] = []
    for name, optim in VARIANTS.items():
        rows.append(_row(school, name, optim, steps=steps, sizes=sizes))
    return rows


def _row(
    school: School, name: str, optim: Mapping[str, Any], *, steps: int, sizes: Mapping[str, int]
) -> dict[str, Any]:
    dtype = torch.bfloat16 if "precision" in optim else torch.float32
    limits = measured_limits(school.device, dtype=dtype, **sizes)
    eager = {key: value for key, value in optim.items() if key not in ("compile", "cuda_graphs")}
    method = {"aggregator": {"kind": "uniform"}}
    plain = Course(school, method, optim=eager, log_every=10**6, measure_every=10**6)
    plain.run(1)
    work = work_of(plain)
    course = Course(school, method, optim=optim, log_every=10**6, measure_every=10**6)
    course.run(WARM_UP)
    _wait(school.device)
    began = time.perf_counter()
    course.run(steps)
    _wait(school.device)
    pace = steps / (time.perf_counter() - began)
    return {
        "name": name,
        "steps_per_s": pace,
        "of_gemm": pace * work.flops / limits.flops,
        "of_bandwidth": pace * work.bytes / limits.bytes,
    }
