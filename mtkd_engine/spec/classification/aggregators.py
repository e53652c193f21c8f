"""How several classifiers' beliefs become one target; torch-free.

Not offered, because their formulas are not public: DE-MKD (entropy-decoupled, doi 10.3390/math12111672; `entropy`
with the inner loss `dkd` is the nearest reading) and CG-MTKD (correlation-guided, doi 10.1007/978-981-99-8070-3_43).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mtkd_engine.spec.aggregators import BestSingleSpec, OracleSpec, UniformSpec
from mtkd_engine.spec.base import Part


class AverageSpec(UniformSpec):
    """Every teacher counts the same; what is averaged is a choice of its own (AVER)."""

    space: Literal["probability", "logit", "loss"] = Field(
        "probability",
        title="Space",
        description="What is averaged: the teachers' probabilities, their logits, or the losses against each.",
    )


class _ScaledSpec(Part):
    """What rules from papers share: whether weights sum to 1 or to what the paper's code makes of them."""

    kind: str  # here, so that it stands first wherever a spec is written
    scale: Literal["normalised", "paper"] = Field(
        "normalised",
        title="Scale",
        description="Weights sum to 1, or the loss is scaled as in the paper's code.",
    )


class EntropySpec(_ScaledSpec):
    """EBKD: teachers that are surer count more."""

    kind: Literal["entropy"] = Field(
        "entropy", title="Kind", description="Per sample, surer teachers count more (EBKD)."
    )
    sharp: bool = Field(
        False, title="Sharp", description="softmax of the negative entropies in place of the paper's rule."
    )


class ConfidenceSpec(_ScaledSpec):
    """CA-MKD: teachers that are wrong on a sample count less."""

    kind: Literal["confidence"] = Field(
        "confidence",
        title="Kind",
        description="Per sample, teachers that miss the label count less (CA-MKD).",
    )


class ConfidenceSoftmaxSpec(Part):
    """softmax of the negative cross-entropies; often taken for CA-MKD, but another method."""

    kind: Literal["confidence_softmax"] = Field(
        "confidence_softmax",
        title="Kind",
        description="Per sample, softmax of the teachers' negative cross-entropies.",
    )


class GradientSpec(Part):
    """AE-KD: per batch, the weights whose combined gradient is shortest."""

    kind: Literal["gradient"] = Field(
        "gradient", title="Kind", description="Per batch, weights that agree in gradient space (AE-KD)."
    )
    tolerance: float = Field(
        0.6,
        gt=0,
        le=1,
        title="Tolerance",
        description="Largest weight of one teacher; 1/T is the average, 1 the shortest gradient (MGDA).",
    )


class HeldOutLearnedSpec(Part):
    """What learned gates of classification share: where and how they learn."""

    kind: str  # here, so that it stands first wherever a spec is written
    samples: Literal["held_out", "train"] = Field(
        "held_out",
        title="Learns on",
        description="Validation samples, which no teacher has seen, or the training samples themselves.",
    )
    learning_rate: float = Field(
        1e-2, gt=0, le=1, title="Gate rate", description="Learning rate of the gate's own parameters."
    )
    every: int = Field(
        4, ge=1, le=1000, title="Every", description="Steps of the student between two steps of the gate."
    )


class StaticWeightsSpec(HeldOutLearnedSpec):
    """One learned weight per teacher, the same for all samples."""

    kind: Literal["static"] = Field(
        "static", title="Kind", description="One learned weight per teacher, the same for all samples."
    )


class FeatureKauSpec(HeldOutLearnedSpec):
    """Knowledge Aggregation Unit for classification: a weight per sample and teacher from the student's features."""

    kind: Literal["kau"] = Field(
        "kau", title="Kind", description="A learned weight per sample and teacher from features (KAU)."
    )
    hidden: int = Field(64, ge=4, le=1024, title="Hidden", description="Units of the small network on top.")
    beliefs: bool = Field(
        True,
        title="Sees beliefs",
        description="The gate also sees each teacher's confidence, entropy and agreement.",
    )


class MetaSpec(HeldOutLearnedSpec):
    """MMKD: a meta-network that is trained by what its weights make of the student."""

    kind: Literal["meta"] = Field(
        "meta", title="Kind", description="A meta-network, trained through the student's steps (MMKD)."
    )
    every: int = Field(5, ge=1, le=1000, title="Every", description="Steps between two meta-steps.")
    inner_steps: int = Field(
        2, ge=1, le=5, title="Inner steps", description="Matching steps of the student inside a meta-step."
    )
    buffer: int = Field(
        256, ge=8, le=8192, title="Buffer", description="Hard samples that meta-steps draw from."
    )


class ReinforcedSpec(Part):
    """MTKD-RL: an agent weighs teachers; its reward compares weights, so that uniform ones are no optimum."""

    kind: Literal["reinforced"] = Field(
        "reinforced", title="Kind", description="An agent that is rewarded for what it makes of the student."
    )
    hidden: int = Field(128, ge=4, le=1024, title="Hidden", description="Units of the agent's network.")
    learning_rate: float = Field(
        1e-2, gt=0, le=1, title="Agent rate", description="Learning rate of the agent's own parameters."
    )
    entropy: float = Field(
        1e-2, ge=0, le=10, title="Entropy bonus", description="Weight of the entropy that keeps it exploring."
    )


ClassAggregatorSpec = Annotated[
    AverageSpec
    | EntropySpec
    | ConfidenceSpec
    | ConfidenceSoftmaxSpec
    | GradientSpec
    | StaticWeightsSpec
    | FeatureKauSpec
    | MetaSpec
    | ReinforcedSpec
    | BestSingleSpec
    | OracleSpec,
    Field(discriminator="kind"),
]
