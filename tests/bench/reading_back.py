"""What makes a host wait for a device in ordinary steps of training: counted on any device, on CUDA profiled as well.

On a CPU nothing waits, but the same calls are made: a number of a tensor, a size that depends on its values, a tensor
as a list or an array. Positions of samples (whole numbers, which by contract lie in host memory, where caches are
read) may be turned into arrays; everything else counts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tests.bench.courses import Course

OPERATIONS = {
    "_local_scalar_dense",
    "is_nonzero",
    "equal",
    "nonzero",
    "masked_select",
    "_unique2",
    "unique_dim",
    "unique_consecutive",
}
METHODS = ("tolist", "numpy", "__array__", "cpu")
"""These of a tensor in host memory reach no operation, so they are replaced while it is counted."""
WAITING = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "Memcpy DtoH")


class Reads(TorchDispatchMode):
    """Notes operations whose result the host reads, and copies from a device to it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name in OPERATIONS or _comes_home(made, args):
            self.found.append(name)
        return made


def _comes_home(made: Any, args: Any) -> bool:
    if not isinstance(made, Tensor) or made.device.type != "cpu":
        return False
    return any(isinstance(one, Tensor) and one.device.type != "cpu" for one in args)


@contextmanager
def reads() -> Iterator[list[str]]:
    """This will list what is read back inside, by name."""
    with Reads() as noted, ExitStack() as replaced:
        for name in METHODS:
            replaced.enter_context(patch.object(Tensor, name, _noting(name, noted.found)))
        yield noted.found


def _noting(name: str, found: list[str]) -> Callable[..., Any]:
    whole = getattr(Tensor, name)

    def noting(tensor: Tensor, *args: Any, **named: Any) -> Any:
        is_position = tensor.device.type == "cpu" and tensor.dtype == torch.int64
        if not (name in ("numpy", "__array__") and is_position):
            found.append(name)
        return whole(tensor, *args, **named)

    return noting


def counted(course: Course, *, steps: int) -> list[list[str]]:
    """This will go on with a training and give what each of its steps read."""
    found: list[list[str]] = []
    for _ in range(steps):
        with reads() as noted:
            course.run(1)
        found.append(list(noted))
    return found


def waits(course: Course, *, steps: int) -> int:
    """This will profile steps on a CUDA device and count what waited for it, by profile and by torch's own watch."""
    torch.cuda.synchronize()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            course.run(steps)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    said = sum("synchroniz" in str(one.message) for one in warned)
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        course.run(steps)
    seen = sum(event.count for event in profile.key_averages() if any(word in event.key for word in WAITING))
    own = 1  # the profiler's, at its end
    return max(said, seen - own)
