"""How knowledge moves to an image classifier; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Name, Part
from mtkd_engine.spec.classification.aggregators import AverageSpec, ClassAggregatorSpec
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.spec.methods import MethodPart, SoloSpec
from mtkd_engine.spec.online import EnsembleSpec, SelfSpec
from mtkd_engine.spec.zoo import MutualSpec, PartitionSpec


class KdLossSpec(Part):
    """Soft labels: T^2 KL(teacher || student) (Hinton et al. 2015)."""

    kind: Literal["kd"] = Field("kd", title="Kind", description="Soft labels (KD).")


class DkdLossSpec(Part):
    """Decoupled knowledge distillation (Zhao et al. 2022, arXiv 2203.08679)."""

    kind: Literal["dkd"] = Field(
        "dkd", title="Kind", description="Target and non-target classes apart (DKD)."
    )
    target: float = Field(1.0, ge=0, le=100, title="Target", description="Weight of the target class part.")
    others: float = Field(
        8.0, ge=0, le=100, title="Others", description="Weight of the part of all other classes."
    )
    warmup_epochs: int = Field(
        2,
        ge=0,
        le=1000,
        title="Warm-up epochs",
        description="Over which this loss grows to its full weight; the paper takes 20 of 240.",
    )


class DistLossSpec(Part):
    """Correlations in place of divergences (DIST, Huang et al. 2022, arXiv 2205.10536)."""

    kind: Literal["dist"] = Field(
        "dist", title="Kind", description="Correlations within and between samples (DIST)."
    )
    between: float = Field(1.0, ge=0, le=100, title="Between classes", description="Weight over rows.")
    within: float = Field(1.0, ge=0, le=100, title="Within classes", description="Weight over columns.")


InnerLossSpec = Annotated[KdLossSpec | DkdLossSpec | DistLossSpec, Field(discriminator="kind")]


class FeatureLossSpec(Part):
    """A loss between features of the student and of each teacher."""

    kind: Literal["fitnet", "attention", "similarity", "crd"] = Field(
        "fitnet",
        title="Kind",
        description="FitNet, attention transfer, similarity-preserving, or contrastive (CRD).",
    )
    weight: float = Field(
        1.0, gt=0, le=100_000, title="Weight", description="Weight beside the loss of labels."
    )
    student: Name = Field(
        "", max_length=200, title="Student tap", description="Path of a module; empty for the last features."
    )
    teacher: Name = Field(
        "", max_length=200, title="Teacher tap", description="Path of a module; empty for the last features."
    )


LOOKS_AT_NO_BELIEF = ("uniform", "best_single", "static")
"""Aggregators whose weights in training do not depend on what teachers say of a sample."""


class MultiTeacherSpec(MethodPart):
    """Several classifiers teach one student; an aggregator weighs them."""

    kind: Literal["multi_teacher"] = Field(
        "multi_teacher",
        title="Kind",
        description="Several teachers, weighed by an aggregator, teach one student.",
    )
    aggregator: ClassAggregatorSpec = Field(
        default_factory=AverageSpec,
        title="Aggregator",
        description="How the teachers' beliefs become one target. DE-MKD and CG-MTKD are not offered, because their "
        "formulas are not public.",
    )
    inner: InnerLossSpec = Field(
        default_factory=KdLossSpec,
        title="Distillation loss",
        description="What draws the student to a teacher.",
    )
    features: tuple[FeatureLossSpec, ...] = Field(
        (),
        max_length=4,
        title="Feature losses",
        description="Losses between features; teachers then run beside the student.",
    )
    temperature: float = Field(
        4.0,
        gt=0,
        le=50,
        title="Temperature",
        description="Softens teachers and student alike; the loss is scaled by its square.",
    )
    hard_weight: float = Field(
        1.0, ge=0, le=100, title="Label weight", description="Weight of the loss of the labels."
    )
    distill_weight: float = Field(
        1.0, ge=0, le=100, title="Distillation weight", description="Weight of the soft-label loss."
    )
    signals: Literal["cached", "online"] = Field(
        "cached",
        title="Teachers' beliefs",
        description="Computed once and read from the cache, or by running the teachers in every step.",
    )
    cache_form: Literal["dense", "top_k", "sampled"] = Field(
        "dense",
        title="Cache form",
        description="All classes in half precision, the likeliest only (biased), or drawn at random (unbiased).",
    )
    cache_classes: int = Field(
        16,
        ge=1,
        le=256,
        title="Cached classes",
        description="Classes (or draws) kept per row where the form is not dense.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> MultiTeacherSpec:
        if self.features and self.signals == "cached":
            raise ValueError(
                "signals: given 'cached' with feature losses, accepted is 'online': features are not kept"
            )
        if self.cache_form != "dense" and self.inner.kind != "kd":
            raise ValueError(
                f"cache_form: given {self.cache_form!r} with the loss {self.inner.kind!r}, accepted is 'dense'"
            )
        if self.cache_form == "sampled" and self.aggregator.kind not in LOOKS_AT_NO_BELIEF:
            raise ValueError(
                f"cache_form: given 'sampled' with the aggregator {self.aggregator.kind!r}, accepted is 'dense': what "
                "it weighs by cannot be told from a few draws"
            )
        if not self.hard_weight and not self.distill_weight and not self.features:
            raise ValueError(
                "distill_weight: given 0 with hard_weight 0, accepted is more than 0 for one of them"
            )
        return self


ClassMethodSpec = Annotated[
    SoloSpec | MultiTeacherSpec | StagedSpec | MutualSpec | PartitionSpec | EnsembleSpec | SelfSpec,
    Field(discriminator="kind"),
]
ClipMethodSpec = Annotated[
    SoloSpec | MultiTeacherSpec | StagedSpec | MutualSpec | PartitionSpec | SelfSpec,
    Field(discriminator="kind"),
]
"""Of what is no image: branches are those of networks that read images."""
