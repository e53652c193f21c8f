"""The Specs of jobs of task saliency, of pictures and of videos; torch-free."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from mtkd_engine.spec.dense.inputs import DenseInput, FilmInput, PictureInput
from mtkd_engine.spec.dense.job import DenseSpec, DenseStudentSpec
from mtkd_engine.spec.dense.nets import PictureNetSpec, PyramidNet
from mtkd_engine.spec.saliency.data import GazeDataSpec, GazeVideoDataSpec, LookedAtSpec
from mtkd_engine.spec.saliency.nets import FILM_FAMILIES, AnySaliencyNet, SpaceTimeNet


class PictureStudentSpec(DenseStudentSpec):
    """A network that tells where people look in a picture."""

    net: PictureNetSpec = Field(
        default_factory=PyramidNet, title="Network", description="Architecture and sizes."
    )
    input: PictureInput = Field(
        default_factory=PictureInput, title="Input", description="Size and normalisation of what it reads."
    )


class FilmStudentSpec(DenseStudentSpec):
    """A network that tells where people look in a video: in windows of frames, or frame by frame."""

    net: AnySaliencyNet = Field(
        default_factory=SpaceTimeNet,
        title="Network",
        description="Architecture and sizes; those of pictures see each frame by itself.",
    )
    input: DenseInput = Field(
        default_factory=FilmInput,
        title="Input",
        description="What it reads: frames of a film, or for networks of pictures one picture.",
    )

    @model_validator(mode="after")
    def _reads_what_it_is_given(self) -> Self:
        wanted = "film" if self.net.family in FILM_FAMILIES else "picture"
        if self.input.kind != wanted:
            raise ValueError(
                f"input.kind: given {self.input.kind!r} with a network of family {self.net.family!r}, accepted is "
                f"{wanted!r}"
            )
        return self


class AnySaliencySpec(DenseSpec):
    """A job that tells where people look; in what makes it one of the specs below."""

    task: Literal["saliency"] = Field(
        "saliency", title="Task", description="Saliency: tell where people look."
    )
    data: LookedAtSpec = Field(title="Data", description="What the job learns from.")


class SaliencySpec(AnySaliencySpec):
    """A job that tells where people look in a picture."""

    task: Literal["saliency"] = Field(
        "saliency", title="Task", description="Image saliency: tell where people look in a picture."
    )
    data: GazeDataSpec = Field(title="Data", description="What the job learns from.")
    student: PictureStudentSpec = Field(
        default_factory=PictureStudentSpec, title="Student", description="The network to train."
    )


class VideoSaliencySpec(AnySaliencySpec):
    """A job that tells where people look in every frame of a video."""

    task: Literal["saliency"] = Field(
        "saliency", title="Task", description="Video saliency: tell where people look in every frame."
    )
    data: GazeVideoDataSpec = Field(title="Data", description="What the job learns from.")
    student: FilmStudentSpec = Field(
        default_factory=FilmStudentSpec, title="Student", description="The network to train."
    )
