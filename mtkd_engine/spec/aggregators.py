"""How teachers' beliefs become one target; torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtkd_engine.spec.base import Part


class UniformSpec(Part):
    """Every teacher counts the same."""

    kind: Literal["uniform"] = Field("uniform", title="Kind", description="Every teacher counts the same.")


class StaticSpec(Part):
    """One learned weight per teacher, the same for all samples."""

    kind: Literal["static"] = Field(
        "static", title="Kind", description="One learned weight per teacher, the same for all samples."
    )


class KauSpec(Part):
    """Knowledge Aggregation Unit (EMTM): a weight per sample and teacher from video and query."""

    kind: Literal["kau"] = Field(
        "kau", title="Kind", description="A learned weight per sample and teacher (EMTM)."
    )
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


AggregatorSpec = Annotated[UniformSpec | StaticSpec | KauSpec, Field(discriminator="kind")]
