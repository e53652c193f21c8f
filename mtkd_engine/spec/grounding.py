"""The Spec of a job of task grounding; torch-free."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.data import GroundingDataSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec, MethodSpec, SoloSpec
from mtkd_engine.spec.nets import NetSpec, SpanNet


class StudentSpec(Part):
    """The network being trained."""

    net: NetSpec = Field(default_factory=SpanNet, title="Network", description="Architecture and sizes.")


class GroundingSpec(Spec):
    """A job that finds the moment of a video that a sentence describes."""

    task: Literal["grounding"] = Field(
        "grounding",
        title="Task",
        description="Temporal sentence grounding: find the moment a sentence describes.",
    )
    data: GroundingDataSpec = Field(title="Data", description="What the job learns from.")
    student: StudentSpec = Field(
        default_factory=StudentSpec, title="Student", description="The network to train."
    )
    method: MethodSpec = Field(default_factory=SoloSpec, title="Method", description="How knowledge moves.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [teacher.name for teacher in self.teachers]
        if isinstance(self.method, EmtmSpec):
            if not names:
                raise ValueError("teachers: given none, method emtm accepts one or more")
            if not isinstance(self.student.net, SpanNet):
                raise ValueError(
                    f"student.net.family: given {self.student.net.family!r}, method emtm accepts 'span'"
                )
        elif isinstance(self.method, AggregateSpec):
            if len(names) < 2:
                raise ValueError(f"teachers: given {names}, method aggregate accepts two or more")
        elif names:
            raise ValueError(
                f"teachers: given {names}, method solo learns from labels alone and accepts none"
            )
        return self
