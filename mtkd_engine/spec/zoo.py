"""How registered models teach each other, sample by sample; torch-free.

In both methods the models that a spec names as teachers take part from their registered parameters, and no new student
is built.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Name
from mtkd_engine.spec.methods import MethodPart
from mtkd_engine.spec.optim import PixelOptimSpec

LEAST_PARTICIPANTS = 2


class ZooMethodPart(MethodPart):
    """What both methods have: who knows best of a sample, and how what it knows moves."""

    criterion: Literal["truth", "own_confidence"] = Field(
        "truth",
        title="Knows best",
        description="By the label: highest probability of the true class, or lowest loss of maps and masks. Or without "
        "labels: the most confident.",
    )
    calibrated: bool = Field(
        False,
        title="Calibrated",
        description="Confidences of classifiers are compared at temperatures fitted on validation, before training and "
        "at every measurement. As they are, as in the papers, an expert of some classes keeps its confidence on those; "
        "one temperature would flatten it everywhere.",
    )
    temperature: float = Field(
        1.0,
        gt=0,
        le=20,
        title="Temperature",
        description="Softens both sides of what moves; the loss is scaled by its square. The papers have 1.",
    )
    transfer_weight: float = Field(
        1.0, ge=0, le=100, title="Transfer weight", description="Of what models learn from each other."
    )


class MutualSpec(ZooMethodPart):
    """Every model is student and teacher: per sample the one that knows best teaches all others.

    After Jain, Karthik & Gandhi 2025 (arXiv 2510.22208). Departure: the teaching side has no gradient unless
    `paper_gradients`. Calibration, the soft partition and the anchor, which is after Roth et al. (arXiv 2310.17653),
    are additions.
    """

    kind: Literal["mutual"] = Field(
        "mutual",
        title="Kind",
        description="Registered models teach each other: per sample the one that knows best. After arXiv 2510.22208.",
    )
    partition: Literal["best", "soft"] = Field(
        "best",
        title="Partition",
        description="Only the one that knows best teaches, or all by how well they know.",
    )
    sharpness: float = Field(
        1.0,
        gt=0,
        le=100,
        title="Sharpness",
        description="Of the soft partition: large is nearly the best one alone, small nearly all alike.",
    )
    supervised_weight: float = Field(
        1.0, ge=0, le=100, title="Label weight", description="Of each model's own loss of the labels."
    )
    anchor: bool = Field(
        False,
        title="Anchor",
        description="Each model's own start takes part as one more teacher, for that model alone: what it knew best it "
        "is held to.",
    )
    paper_gradients: bool = Field(
        False,
        title="Gradients as published",
        description="As in the released code the teaching side is drawn to the learner too, at times harder than the "
        "learner.",
    )
    recompute: bool = Field(
        False,
        title="Recompute",
        description="Keep the activations of one model at a time and compute them again in the backward pass: less "
        "memory, about a third more time, the same result.",
    )
    rates: tuple[float, ...] = Field(
        (),
        max_length=32,
        title="Rates",
        description="Each model's share of the learning rate, in the order of the models; none: the whole for all.",
    )

    @model_validator(mode="after")
    def _learns_something(self) -> MutualSpec:
        if not self.supervised_weight and not self.transfer_weight:
            raise ValueError(
                "transfer_weight: given 0 with supervised_weight 0, accepted is more than 0 for one of them"
            )
        if self.paper_gradients and self.anchor:
            raise ValueError(
                "anchor: given true with paper_gradients, accepted is false: the released code has no anchor"
            )
        if any(rate <= 0 for rate in self.rates):
            raise ValueError(f"rates: given {list(self.rates)}, accepted are numbers above 0")
        return self


class PartitionSpec(ZooMethodPart):
    """Frozen teachers and one student, whose frozen start is one more teacher: it is held to what it knew best.

    After Roth et al. 2024 (arXiv 2310.17653). Calibration and the loss of the labels are additions.
    """

    kind: Literal["partition"] = Field(
        "partition",
        title="Kind",
        description="One registered model learns from others where they know better, and is held to its own start "
        "elsewhere. After arXiv 2310.17653.",
    )
    student: Name = Field(
        min_length=1,
        max_length=120,
        title="Student",
        description="Which of the chosen models learns; the others teach and do not change.",
    )
    order: Literal["parallel", "sequential"] = Field(
        "parallel",
        title="Teachers",
        description="All teach at once, per sample the one that knows best; or one after the other in their order, "
        "each for an equal share of the steps, with the student held to where the one before left it.",
    )
    supervised_weight: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Label weight",
        description="Of the student's own loss of the labels; the paper has none.",
    )

    @model_validator(mode="after")
    def _learns_something(self) -> PartitionSpec:
        if not self.transfer_weight:
            raise ValueError("transfer_weight: given 0, accepted is more than 0")
        return self


def zoo_misfit(method: MethodPart, models: tuple[str, ...], *, optim: PixelOptimSpec) -> str | None:
    """This will say in a sentence, with the field first, why models cannot take part; None where they can."""
    if not isinstance(method, MutualSpec | PartitionSpec):
        return None
    if len(models) < LEAST_PARTICIPANTS:
        return f"teachers: given {list(models)}, method {method.kind} accepts {LEAST_PARTICIPANTS} or more"
    if optim.cuda_graphs:  # what one model says in a step would be written over by the next one's replay
        return f"optim.cuda_graphs: given true with method {method.kind}, accepted is false"
    if isinstance(method, PartitionSpec) and method.student not in models:
        accepted = ", ".join(map(repr, models))
        return f"method.student: given {method.student!r}, accepted is one of the teachers: {accepted}"
    if isinstance(method, MutualSpec) and method.rates and len(method.rates) != len(models):
        return f"method.rates: given {len(method.rates)} number(s) with {len(models)} models, accepted is one for each"
    return None
