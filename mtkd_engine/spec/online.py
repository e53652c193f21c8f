"""How branches of one network teach each other, and how a student teaches itself; torch-free.

No teachers are registered for these methods: what teaches is made and kept by the job itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from mtkd_engine.spec.methods import MethodPart

MOST_BRANCHES = 8
WITHOUT_TEACHERS = frozenset({"solo", "ensemble", "self"})
"""Methods for which no teachers are registered."""


class EnsembleSpec(MethodPart):
    """Branches on shared substages, whose gated ensemble teaches each of them while all of it is trained.

    ONE: Lan, Zhu & Gong 2018 (arXiv 1806.04606). Departures: the ramp has no more epochs than the
    job, and epochs that are done count, so that it begins at exp(-5); the best state is chosen on validation.
    """

    kind: Literal["ensemble"] = Field(
        "ensemble",
        title="Kind",
        description="Branches of the student's network, mixed by a gate, teach each of them; no teachers needed. After "
        "ONE, arXiv 1806.04606.",
    )
    branches: int = Field(
        3,
        ge=2,
        le=MOST_BRANCHES,
        title="Branches",
        description="How many the network has after the substages that all of them share.",
    )
    shared: int = Field(
        2,
        ge=1,
        le=64,
        title="Shared substages",
        description="How many of the network's first substages all branches share; at least one is left to each.",
    )
    temperature: float = Field(
        3.0,
        gt=0,
        le=50,
        title="Temperature",
        description="Softens ensemble and branches alike; the loss is scaled by its square.",
    )
    distill_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Distillation weight",
        description="Weight of what the branches learn from their ensemble; without it they learn from labels alone.",
    )
    ramp_epochs: int = Field(
        80,
        ge=0,
        le=10_000,
        title="Ramp epochs",
        description="Over which that weight grows as exp(-5 (1 - share)^2) to all of it, at most all epochs of the "
        "job; 0 for all of it from the start. The paper takes 80 of 300.",
    )
    keep: Literal["branch", "ensemble"] = Field(
        "branch",
        title="Student",
        description="What the job leaves: the branch that is best on validation, which costs what the plain network "
        "costs, or all branches with their gate.",
    )


class SelfSpec(MethodPart):
    """A student whose teacher is itself: the mean of its states so far, or the state of an earlier cycle.

    `ema`: the mean teacher's weights (Tarvainen & Valpola 2017, arXiv 1703.01780) with soft labels in place of its
    consistency cost between two noisy views. `snapshot`: Snapshot Distillation (Yang et al. 2019, arXiv 1812.00123).
    Departures: the learning rate follows the job's schedule and does not begin anew with each cycle, and both sides
    are softened at one temperature.
    """

    kind: Literal["self"] = Field(
        "self",
        title="Kind",
        description="The student's own mean or earlier state teaches it; no teachers needed.",
    )
    teacher: Literal["ema", "snapshot"] = Field(
        "ema",
        title="Own teacher",
        description="A moving mean of the student's parameters, renewed in each step; or its state at the end of the "
        "last cycle, so that in the first one labels alone teach.",
    )
    momentum: float = Field(
        0.999,
        ge=0,
        lt=1,
        title="Momentum",
        description="Of the moving mean: how much of it stays in each step; early on min(1 - 1 / (step + 1), this).",
    )
    cycle_epochs: int = Field(
        10,
        ge=1,
        le=10_000,
        title="Cycle",
        description="Of snapshots: epochs of a cycle, fewer than the job has.",
    )
    temperature: float = Field(
        3.0,
        gt=0,
        le=50,
        title="Temperature",
        description="Softens both sides of soft labels; the loss is scaled by its square.",
    )
    distill_weight: float = Field(
        1.0,
        gt=0,
        le=100,
        title="Distillation weight",
        description="Weight of what the student learns from itself beside the labels.",
    )


def branch_names(count: int) -> tuple[str, ...]:
    """This will name branches as results, weights and metrics do."""
    return tuple(f"branch_{number + 1}" for number in range(count))


def branches_of(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """This will name the branches of a plain spec, none where it has none."""
    method = spec.get("method") or {}
    count = method.get("branches", EnsembleSpec.model_fields["branches"].default)
    return branch_names(count) if method.get("kind") == "ensemble" and isinstance(count, int) else ()


def online_misfit(method: MethodPart, *, models: tuple[str, ...], epochs: int) -> str | None:
    """This will say in a sentence, with the field first, what does not fit such a method; None where all does."""
    if not isinstance(method, EnsembleSpec | SelfSpec):
        return None
    if models:
        return f"teachers: given {list(models)}, method {method.kind} makes its own and accepts none"
    if isinstance(method, SelfSpec) and method.teacher == "snapshot" and method.cycle_epochs >= epochs:
        return (
            f"method.cycle_epochs: given {method.cycle_epochs} with optim.epochs {epochs}, accepted is less: nothing "
            "is taught in the first cycle"
        )
    return None
