"""Same seed, same bits: where randomness comes from and how it is carried over a stop."""

from __future__ import annotations

import hashlib
import os
import random
import sys
from typing import Any

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """This will seed torch, numpy and random, and refuse operations whose result varies from run to run."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    refuse_varying_results()
    # Filling fresh memory is a debugging aid of that switch, not part of determinism: 8 % of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # Moments of parameters at rest decay into denormal numbers, on which a core is many times slower.
    torch.set_flush_denormal(True)


def refuse_varying_results() -> None:
    """This will do as `torch.use_deterministic_algorithms`, which would load torch's compiler to tell it.

    The backward pass of `table[index]` differs from run to run on CPU without it.
    """
    if "torch._inductor" in sys.modules:
        torch.use_deterministic_algorithms(True)
        return
    os.environ["TORCHINDUCTOR_DETERMINISTIC"] = "1"  # what the compiler reads when it is loaded
    torch.set_deterministic_debug_mode("error")


def rng_state() -> dict[str, Any]:
    """This will give the state of torch's generators, safe to keep in a checkpoint."""
    state: dict[str, Any] = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """This will put back what `rng_state` gave."""
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def derived_seed(*parts: object) -> int:
    """This will make a seed from anything printable: the same parts, the same seed, on every machine."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1


def epoch_order(*, seed: int, epoch: int, samples: int) -> list[int]:
    """This will give the order of samples in an epoch; a function of its arguments only, so resuming needs no state."""
    generator = torch.Generator().manual_seed(derived_seed("order", seed, epoch))
    return torch.randperm(samples, generator=generator).tolist()
