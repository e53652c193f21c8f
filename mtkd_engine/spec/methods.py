"""How knowledge moves; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.aggregators import AggregatorSpec, KauPlusSpec, KauSpec
from mtkd_engine.spec.base import Part


class MethodPart(Part):
    """What every method says of itself."""

    kind: str


class SoloSpec(MethodPart):
    """Training from labels alone; this is how teachers are made."""

    kind: Literal["solo"] = Field(
        "solo", title="Kind", description="Train from labels alone: how teachers are made."
    )


Block = Literal["words", "video", "convolutions"]
"""A part of the encoder: word embedding, projection and positions of the video, convolutions over both."""


class IsomorphicSpec(Part):
    """A teacher branch of the student's own kind, trained together with it through the shared encoder."""

    enabled: bool = Field(
        True, title="Isomorphic teacher", description="Train a deeper twin on the shared encoder."
    )
    attention_layers: int = Field(
        1, ge=1, le=4, title="Attention layers", description="Cross-modal blocks only the twin has."
    )
    weight: float = Field(
        1.0, ge=0, le=100, title="Loss weight", description="Weight of the twin's own label loss."
    )
    shares: tuple[Block, ...] = Field(
        ("words", "video", "convolutions"),
        title="Shared blocks",
        description="Which blocks of the encoder student and twin share: words, video, convolutions. "
        "The twin has its own of those left out.",
    )
    align_weight: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Alignment weight",
        description="Weight of a loss that draws the student's hidden states to the twin's; 0 for none.",
    )

    @field_validator("shares")
    @classmethod
    def _once(cls, shares: tuple[Block, ...]) -> tuple[Block, ...]:
        if len(set(shares)) < len(shares):
            raise ValueError(f"given {list(shares)}, accepted is each block once")
        return shares


class EmtmSpec(MethodPart):
    """Efficient temporal sentence grounding with multiple teachers (after arXiv 2308.03725)."""

    kind: Literal["emtm"] = Field(
        "emtm", title="Kind", description="Several teachers, weighted per sample, teach one student."
    )
    aggregator: AggregatorSpec = Field(
        default_factory=KauSpec,
        title="Aggregator",
        description="How the teachers' beliefs become one target.",
    )
    beliefs: Literal["out_of_fold", "in_sample"] = Field(
        "out_of_fold",
        title="Beliefs",
        description="Taught by copies that never saw the sample (safe), or by the teachers as they are.",
    )
    folds: int = Field(
        3, ge=2, le=10, title="Folds", description="Copies of each teacher for out-of-fold beliefs."
    )
    temperature: float = Field(
        2.0,
        gt=0,
        le=20,
        title="Temperature",
        description="Softens teachers and student alike; the loss is scaled by its square.",
    )
    distill_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Distillation weight",
        description="Weight of the soft-label loss beside the hard one.",
    )
    gate_weight: float = Field(
        1.0, ge=0, le=100, title="Gate weight", description="Weight of the aggregator's own label loss."
    )
    isomorphic: IsomorphicSpec = Field(
        default_factory=IsomorphicSpec,
        title="Isomorphic teacher",
        description="The twin on the shared encoder.",
    )


class AggregateSpec(MethodPart):
    """Whether and how teachers are worth combining: an aggregator learned and measured without a student."""

    kind: Literal["aggregate"] = Field(
        "aggregate", title="Kind", description="Are these teachers worth combining, and how? No student."
    )
    aggregator: AggregatorSpec = Field(
        default_factory=KauPlusSpec,
        title="Aggregator",
        description="What is held against best single, uniform, medoid and static.",
    )
    folds: int = Field(
        5,
        ge=2,
        le=20,
        title="Folds",
        description="Each sample is judged by an aggregator that never saw its source.",
    )
    samples: Literal["auto", "all", "held_out"] = Field(
        "auto",
        title="Samples",
        description="All of the dataset, or only those that no teacher was trained on; auto finds out.",
    )

    @field_validator("aggregator")
    @classmethod
    def _needs_no_student(cls, aggregator: AggregatorSpec) -> AggregatorSpec:
        if isinstance(aggregator, KauSpec):
            raise ValueError(
                "given 'kau', which looks at video and query through a student's encoder; method aggregate has no "
                "student and accepts 'kau_plus' or any other"
            )
        return aggregator


MethodSpec = Annotated[SoloSpec | EmtmSpec | AggregateSpec, Field(discriminator="kind")]
