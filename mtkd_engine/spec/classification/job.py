"""The Spec of a job of task classification; torch-free."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.classification.data import ImageDataSpec
from mtkd_engine.spec.classification.methods import ClassMethodSpec, MultiTeacherSpec
from mtkd_engine.spec.classification.model import ImageInput
from mtkd_engine.spec.classification.nets import CifarResNet, ImageNetSpec
from mtkd_engine.spec.classification.optim import ImageOptimSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import SoloSpec


class ImageStudentSpec(Part):
    """The network being trained, and what it reads."""

    net: ImageNetSpec = Field(
        default_factory=CifarResNet, title="Network", description="Architecture and sizes."
    )
    input: ImageInput = Field(
        default_factory=ImageInput, title="Input", description="Size and normalisation of what it reads."
    )


class ClassificationSpec(Spec):
    """A job that tells which class an image is of."""

    task: Literal["classification"] = Field(
        "classification", title="Task", description="Image classification: tell the class of an image."
    )
    data: ImageDataSpec = Field(title="Data", description="What the job learns from.")
    student: ImageStudentSpec = Field(
        default_factory=ImageStudentSpec, title="Student", description="The network to train."
    )
    method: ClassMethodSpec = Field(
        default_factory=SoloSpec, title="Method", description="How knowledge moves."
    )
    optim: ImageOptimSpec = Field(
        default_factory=ImageOptimSpec, title="Optimisation", description="How parameters are fitted."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [teacher.name for teacher in self.teachers]
        if isinstance(self.method, MultiTeacherSpec):
            if not names:
                raise ValueError("teachers: given none, method multi_teacher accepts one or more")
        elif names:
            raise ValueError(
                f"teachers: given {names}, method solo learns from labels alone and accepts none"
            )
        return self
