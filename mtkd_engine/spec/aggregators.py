"""How teachers' beliefs become one target; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Part


class UniformSpec(Part):
    """Every teacher counts the same."""

    kind: Literal["uniform"] = Field("uniform", title="Kind", description="Every teacher counts the same.")


class BestSingleSpec(Part):
    """Only the teacher that is best on validation counts: the control of a single teacher."""

    kind: Literal["best_single"] = Field(
        "best_single", title="Kind", description="Only the teacher that is best on validation."
    )


class MedoidSpec(Part):
    """Per sample, only the teacher counts whose window agrees most with the others'."""

    kind: Literal["medoid"] = Field(
        "medoid", title="Kind", description="Per sample, the teacher that agrees most with the others."
    )


class OracleSpec(Part):
    """Per sample, only the teacher counts that is best by the labels: an upper bound, no method."""

    kind: Literal["oracle"] = Field(
        "oracle", title="Kind", description="Per sample, the teacher that is best by the labels (a bound)."
    )


class LearnedSpec(Part):
    """What every aggregator with parameters says about how they are fitted."""

    kind: str  # here, so that it stands first wherever a spec is written
    fitted: Literal["joint", "beforehand"] = Field(
        "joint",
        title="Fitted",
        description="Together with the student, or before it (and then kept as it is).",
    )
    epochs: int = Field(
        10,
        ge=1,
        le=1000,
        title="Epochs",
        description="Epochs of fitting; counts where it is fitted beforehand.",
    )


class StaticSpec(LearnedSpec):
    """One learned weight per teacher, the same for all samples."""

    kind: Literal["static"] = Field(
        "static", title="Kind", description="One learned weight per teacher, the same for all samples."
    )


class _GateSpec(LearnedSpec):
    """Sizes of a gate that looks at video and query."""

    width: int = Field(16, ge=4, le=128, title="Width", description="Channels of each convolution branch.")
    hidden: int = Field(32, ge=4, le=256, title="Hidden", description="Units of the small network on top.")
    kernels: tuple[int, ...] = Field(
        (3, 5, 7), min_length=1, max_length=5, title="Kernels", description="Clips seen by each branch (odd)."
    )
    boundaries: Literal[1, 2] = Field(
        1, title="Boundaries", description="1 weighs whole beliefs; 2 weighs starts and ends apart."
    )

    @field_validator("kernels")
    @classmethod
    def _odd(cls, kernels: tuple[int, ...]) -> tuple[int, ...]:
        if any(k % 2 == 0 or not 1 <= k <= 31 for k in kernels):
            raise ValueError(f"given {list(kernels)}, accepted are odd numbers from 1 to 31")
        return kernels


class KauSpec(_GateSpec):
    """Knowledge Aggregation Unit (EMTM): a weight per sample and teacher from video and query."""

    kind: Literal["kau"] = Field(
        "kau", title="Kind", description="A learned weight per sample and teacher (EMTM)."
    )


class KauPlusSpec(_GateSpec):
    """KAU that also sees what the teachers themselves believe: confidence, entropy, agreement, saliency."""

    kind: Literal["kau_plus"] = Field(
        "kau_plus", title="Kind", description="KAU that also sees the teachers' own beliefs."
    )


AggregatorSpec = Annotated[
    UniformSpec | StaticSpec | KauSpec | KauPlusSpec | BestSingleSpec | MedoidSpec | OracleSpec,
    Field(discriminator="kind"),
]
