"""How time, multiply-accumulates and memory of one forward pass are measured, whatever the network reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from mtkd_engine.untied import Watching

WARM_UP = 5
RUNS = 50


def latencies(model: nn.Module, queries: Sequence[Any], *, runs: int, device: torch.device) -> list[float]:
    """This will give the milliseconds of each run after a warm-up, one query after the other."""
    times_ms: list[float] = []
    for run in range(-WARM_UP, runs):
        query = queries[run % len(queries)]
        _synchronise(device)
        began = time.perf_counter()
        model(query)
        _synchronise(device)
        if run >= 0:
            times_ms.append(1000.0 * (time.perf_counter() - began))
    return times_ms


def macs_of(model: nn.Module, query: Any) -> float:
    """This will count the multiply-accumulates of matrix products and convolutions of one forward pass."""
    assert not any(isinstance(part, nn.LSTM) for part in model.modules()), "torch counts nothing of an LSTM"
    # As one operation of cuDNN a GRU would not be counted either.
    with torch.backends.cudnn.flags(enabled=False), _Flops() as counted:
        model(query)
    return float(counted.flops) / 2


def memory_of(model: nn.Module, query: Any, *, tensors: Sequence[Tensor], device: torch.device) -> int:
    """This will give the bytes of parameters, of the query's tensors, and of the most results alive at a time."""
    held = [*model.parameters(), *model.buffers(), *tensors]
    standing = sum(int(tensor.nbytes) for tensor in held)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        model(query)
        return standing + int(torch.cuda.max_memory_allocated(device)) - int(before)
    alive = _Alive(held)
    with alive:
        model(query)
    return standing + alive.most_bytes


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class _Flops(Watching):
    """Counts what torch's `FlopCounterMode` counts, by the same formulas."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """This will run one operation, or those that it is made of, and add what it takes."""
        given = kwargs or {}
        if func is not torch.ops.prim.device.default:
            with self:
                result = func.decompose(*args, **given)
            if result is not NotImplemented:
                return result
        result = func(*args, **given)
        formula = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **given, out_val=result)
        return result


class _Alive(Watching):
    """Follows which results of operations are alive, each storage once; what an operation uses inside is not seen."""

    def __init__(self, standing: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most_bytes = 0
        self._standing = {self._reference(tensor).cdata for tensor in standing}
        self._held: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """This will run one operation and look at what is alive after it."""
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                reference = self._reference(tensor)
                if reference.cdata not in self._standing:
                    self._held[reference.cdata] = (reference, tensor.untyped_storage().nbytes())
        self._held = {key: held for key, held in self._held.items() if not _is_gone(held[0])}
        self.most_bytes = max(self.most_bytes, sum(size for _, size in self._held.values()))
        return result

    @staticmethod
    def _reference(tensor: Tensor) -> StorageWeakRef:
        return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def _is_gone(reference: StorageWeakRef) -> bool:
    return bool(reference.expired())  # type: ignore[no-untyped-call]
