"""What the Specs of all tasks share that tell something of every pixel; torch-free."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.dense.data import DenseDataSpec
from mtkd_engine.spec.dense.methods import ALONE, DenseMethodSpec
from mtkd_engine.spec.dense.optim import DenseOptimSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import SoloSpec
from mtkd_engine.spec.online import online_misfit
from mtkd_engine.spec.zoo import ZooMethodPart, zoo_misfit


class DenseStudentSpec(Part):
    """The network being trained, and what it reads; each task has its own."""

    net: Any = Field(title="Network", description="Architecture and sizes.")
    input: Any = Field(title="Input", description="Size and normalisation of what it reads.")


class DenseSpec(Spec):
    """A job that tells something of every pixel; what it tells makes it one of the specs of the tasks."""

    data: DenseDataSpec = Field(title="Data", description="What the job learns from.")
    student: DenseStudentSpec = Field(title="Student", description="The network to train.")
    method: DenseMethodSpec = Field(
        default_factory=SoloSpec, title="Method", description="How knowledge moves."
    )
    optim: DenseOptimSpec = Field(
        default_factory=DenseOptimSpec, title="Optimisation", description="How parameters are fitted."
    )

    @model_validator(mode="after")
    def _teachers_fit(self) -> Self:
        names = tuple(teacher.name for teacher in self.teachers)
        if self.method.kind in ALONE and names:
            raise ValueError(
                f"teachers: given {list(names)}, method {self.method.kind} accepts none: what it trains is the student"
            )
        if (why := zoo_misfit(self.method, names, optim=self.optim)) is not None:
            raise ValueError(why)
        if isinstance(self.method, ZooMethodPart) and self.method.calibrated:
            raise ValueError(
                "method.calibrated: given true, accepted is false: only classifiers have such temperatures"
            )
        if (why := online_misfit(self.method, models=names, epochs=self.optim.epochs)) is not None:
            raise ValueError(why)
        return self
