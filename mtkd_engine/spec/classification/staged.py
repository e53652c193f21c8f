"""How knowledge moves in stages, substage by substage, to a student of few labels; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.classification.aggregators import AverageSpec, ClassAggregatorSpec
from mtkd_engine.spec.classification.kinds import BuiltNet
from mtkd_engine.spec.methods import MethodPart

MOST_ASSISTANTS = 3


class PseudoLabelSpec(Part):
    """What stands in for the labels of samples that have none, in the last stage."""

    enabled: bool = Field(
        True, title="Pseudo labels", description="Samples without a label learn from what teachers agree on."
    )
    momentum: float = Field(
        0.3,
        gt=0,
        le=1,
        title="Share of the newest",
        description="What the newest view of a sample counts in its belief; 1 forgets all older ones.",
    )
    threshold: float = Field(
        0.9,
        ge=0,
        lt=1,
        title="Threshold",
        description="Probability from which on a belief is a label, for the class that teachers are surest of.",
    )
    floor: float = Field(
        0.5, ge=0, lt=1, title="Floor", description="The lowest threshold that any other class may get."
    )
    sharpening: float = Field(
        0.5,
        gt=0,
        le=1,
        title="Sharpening",
        description="Temperature of an accepted belief; 1 leaves it as it is.",
    )

    @model_validator(mode="after")
    def _floor_is_below(self) -> PseudoLabelSpec:
        if self.floor > self.threshold:
            raise ValueError(
                f"floor: given {self.floor} with the threshold {self.threshold}, accepted is that or less"
            )
        return self


class AssistantSpec(Part):
    """A network between teachers and student, trained in the same stages first, which then teaches in their place."""

    net: BuiltNet = Field(
        title="Network", description="Architecture and sizes; it reads what the student reads."
    )


class StagedSpec(MethodPart):
    """The student's substages learn one after the other without labels, then all of it with the labels there are.

    After Wang & Tang, arXiv 2307.05201 (whose formulas are not public), with our own losses and stages.
    """

    kind: Literal["staged"] = Field(
        "staged",
        title="Kind",
        description="Substage by substage, then as a whole; for students of few labels. After arXiv 2307.05201, whose "
        "formulas are not public: stages, losses and pseudo labels are our own design.",
    )
    aggregator: ClassAggregatorSpec = Field(
        default_factory=AverageSpec, title="Aggregator", description="How the teachers are weighed."
    )
    early_share: float = Field(
        0.5,
        gt=0,
        lt=1,
        title="Early share",
        description="Share of all epochs for the substages, in equal parts; the rest trains the whole student.",
    )
    earlier: Literal["frozen", "slow"] = Field(
        "frozen",
        title="Earlier substages",
        description="While a later one learns, those before it stand still, or learn at a tenth of the rate.",
    )
    hybrid_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Hybrid weight",
        description="Of the soft-label loss of the student's first substages with the rest of a teacher on top.",
    )
    distribution_weight: float = Field(
        1.0, ge=0, le=100, title="Distribution weight", description="Of the difference of features' moments."
    )
    similarity_weight: float = Field(
        100.0,
        ge=0,
        le=100_000,
        title="Similarity weight",
        description="Of the difference in which samples of a batch are alike.",
    )
    between_weight: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Between weight",
        description="Of the difference in how a substage hangs together with the one before (FSP).",
    )
    temperature: float = Field(
        4.0,
        gt=0,
        le=50,
        title="Temperature",
        description="Softens teachers and student alike; soft-label losses are scaled by its square.",
    )
    distill_share: float = Field(
        0.7,
        ge=0,
        le=1,
        title="Distillation share",
        description="Of the soft labels in the last stage; labels and pseudo labels have the rest.",
    )
    pseudo: PseudoLabelSpec = Field(
        default_factory=PseudoLabelSpec,
        title="Pseudo labels",
        description="Where only a share of the samples keeps its labels.",
    )
    assistants: tuple[AssistantSpec, ...] = Field(
        (),
        max_length=MOST_ASSISTANTS,
        title="Assistants",
        description="Networks between teachers and student, the largest first: each is taught by the one before and "
        "trained for all epochs of the optimisation, so each costs as many again.",
    )

    @model_validator(mode="after")
    def _substages_learn(self) -> StagedSpec:
        weights = (self.hybrid_weight, self.distribution_weight, self.similarity_weight)
        if not any(weights):  # the first substage has none before it
            raise ValueError(
                "hybrid_weight: given 0 with distribution_weight 0 and similarity_weight 0, accepted is more than 0 "
                "for one of them"
            )
        return self
