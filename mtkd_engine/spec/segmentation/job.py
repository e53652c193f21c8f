"""The Spec of a job of task segmentation; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mtkd_engine.spec.dense.inputs import PictureInput
from mtkd_engine.spec.dense.job import DenseSpec, DenseStudentSpec
from mtkd_engine.spec.dense.nets import PyramidNet
from mtkd_engine.spec.segmentation.data import MaskDataSpec
from mtkd_engine.spec.segmentation.nets import SegmenterNetSpec


class SegmenterStudentSpec(DenseStudentSpec):
    """A network that tells the class of every pixel of a picture."""

    net: SegmenterNetSpec = Field(
        default_factory=PyramidNet, title="Network", description="Architecture and sizes."
    )
    input: PictureInput = Field(
        default_factory=PictureInput, title="Input", description="Size and normalisation of what it reads."
    )


class SegmentationSpec(DenseSpec):
    """A job that tells which class every pixel of a picture is of."""

    task: Literal["segmentation"] = Field(
        "segmentation", title="Task", description="Semantic segmentation: tell the class of every pixel."
    )
    data: MaskDataSpec = Field(title="Data", description="What the job learns from.")
    student: SegmenterStudentSpec = Field(
        default_factory=SegmenterStudentSpec, title="Student", description="The network to train."
    )
