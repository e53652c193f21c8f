"""The Specs of jobs of task classification, one for each kind of data; torch-free."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from mtkd_engine.spec.base import Part
from mtkd_engine.spec.classification.clipdata import FeatureDataSpec, FrameDataSpec, StreamDataSpec
from mtkd_engine.spec.classification.clipnets import ClipNetSpec, FrameNet, SequenceNet, StreamsNet
from mtkd_engine.spec.classification.data import ClassDataSpec, ImageDataSpec
from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput, ImageInput, StreamsInput
from mtkd_engine.spec.classification.kinds import (
    FEATURES,
    AnyInput,
    AnyNet,
    families_reading,
    net_reads,
)
from mtkd_engine.spec.classification.methods import ClassMethodSpec, ClipMethodSpec, MultiTeacherSpec
from mtkd_engine.spec.classification.nets import IN_STAGES, CifarResNet, ImageNetSpec, TransformersNet
from mtkd_engine.spec.classification.optim import ClassOptimSpec
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import SoloSpec
from mtkd_engine.spec.online import WITHOUT_TEACHERS, EnsembleSpec, online_misfit
from mtkd_engine.spec.zoo import zoo_misfit


class ClassStudentSpec(Part):
    """The network being trained, and what it reads; each kind of data has its own."""

    net: AnyNet = Field(title="Network", description="Architecture and sizes.")
    input: AnyInput = Field(title="Input", description="Size and normalisation of what it reads.")


class ImageStudentSpec(ClassStudentSpec):
    """A network that reads images."""

    net: ImageNetSpec = Field(
        default_factory=CifarResNet, title="Network", description="Architecture and sizes."
    )
    input: ImageInput = Field(
        default_factory=ImageInput, title="Input", description="Size and normalisation of what it reads."
    )


class ClipStudentSpec(ClassStudentSpec):
    """A network that reads frames of clips."""

    net: ClipNetSpec = Field(default_factory=FrameNet, title="Network", description="Architecture and sizes.")
    input: ClipInput = Field(
        default_factory=ClipInput,
        title="Input",
        description="Frames, size and normalisation of what it reads.",
    )


class StreamStudentSpec(ClassStudentSpec):
    """A network that reads compressed streams."""

    net: StreamsNet = Field(
        default_factory=StreamsNet, title="Network", description="Architecture and sizes."
    )
    input: StreamsInput = Field(
        default_factory=StreamsInput, title="Input", description="Segments and size of what it reads."
    )


class FeatureStudentSpec(ClassStudentSpec):
    """A network that reads features of clips."""

    net: SequenceNet = Field(
        default_factory=SequenceNet, title="Network", description="Architecture and sizes."
    )
    input: FeatureInput = Field(
        default_factory=FeatureInput, title="Input", description="Width and number of rows that it reads."
    )


class ClassificationSpec(Spec):
    """A job that tells which class a sample is of; what a sample is seen as makes it one of the specs below."""

    task: Literal["classification"] = Field(
        "classification", title="Task", description="Classification: tell the class of a sample."
    )
    data: ClassDataSpec = Field(title="Data", description="What the job learns from.")
    student: ClassStudentSpec = Field(title="Student", description="The network to train.")
    method: ClassMethodSpec = Field(
        default_factory=SoloSpec, title="Method", description="How knowledge moves."
    )
    optim: ClassOptimSpec = Field(
        default_factory=ClassOptimSpec, title="Optimisation", description="How parameters are fitted."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [teacher.name for teacher in self.teachers]
        if (why := online_misfit(self.method, models=tuple(names), epochs=self.optim.epochs)) is not None:
            raise ValueError(why)
        if self.method.kind not in WITHOUT_TEACHERS:
            if not names:
                raise ValueError(f"teachers: given none, method {self.method.kind} accepts one or more")
        elif names:
            raise ValueError(
                f"teachers: given {names}, method solo learns from labels alone and accepts none"
            )
        if (why := zoo_misfit(self.method, tuple(names), optim=self.optim)) is not None:
            raise ValueError(why)
        if isinstance(self.method, StagedSpec):
            self._refuse_compilation()
            self._refuse_assistants(self.method)
        elif isinstance(self.method, MultiTeacherSpec):
            self._refuse_features(self.method)
        elif isinstance(self.method, EnsembleSpec):
            self._refuse_uncut(self.method)
        return self

    def _refuse_compilation(self) -> None:
        """What is trained changes with each stage, and what was compiled would be so again and again."""
        for name in ("compile", "cuda_graphs"):
            if getattr(self.optim, name):
                raise ValueError(f"optim.{name}: given true with method staged, accepted is false")

    def _refuse_assistants(self, method: StagedSpec) -> None:
        """Networks that do not read what the student reads."""
        for place, assistant in enumerate(method.assistants):
            if net_reads(assistant.net) != self.data.kind:
                accepted = ", ".join(families_reading(self.data.kind))
                raise ValueError(
                    f"method.assistants.{place}.net: given a network of family {assistant.net.family} with data.kind "
                    f"{self.data.kind}, accepted is one of {accepted}"
                )

    def _refuse_uncut(self, method: EnsembleSpec) -> None:
        """Networks that have no substages which branches could share."""
        net = self.student.net
        if isinstance(net, CifarResNet) and method.shared > 2:
            raise ValueError(
                f"method.shared: given {method.shared}, accepted is 1 or 2 of the three substages of cifar_resnet"
            )
        given = net.model_type if isinstance(net, TransformersNet) else net.family
        if given not in (CifarResNet.model_fields["family"].default, *IN_STAGES):
            accepted = ", ".join(IN_STAGES)
            raise ValueError(
                f"student.net: given {given} with method ensemble, accepted are cifar_resnet and transformers of type "
                f"{accepted}: others have no substages to share"
            )

    def _refuse_features(self, method: MultiTeacherSpec) -> None:
        """Losses that would look at hidden labels, or compare sequences as if they were images."""
        if self.data.labels.share < 1 and any(one.kind == "crd" for one in method.features):
            raise ValueError(
                f"method.features: given crd with data.labels.share {self.data.labels.share:g}, accepted are losses "
                "that do not look at the label of every sample: fitnet, attention, similarity"
            )
        inner = [path for one in method.features for path in (one.student, one.teacher) if path]
        if self.data.kind == FEATURES and inner:
            raise ValueError(
                f"method.features: given the path {inner[0]!r} with data.kind features, accepted is an empty one: "
                "modules inside give sequences, which these losses do not compare"
            )


class ImageClassificationSpec(ClassificationSpec):
    """A job that tells which class an image is of."""

    task: Literal["classification"] = Field(
        "classification", title="Task", description="Image classification: tell the class of an image."
    )
    data: ImageDataSpec = Field(title="Data", description="What the job learns from.")
    student: ImageStudentSpec = Field(
        default_factory=ImageStudentSpec, title="Student", description="The network to train."
    )


class ClipClassificationSpec(ClassificationSpec):
    """A job that tells which class a clip is of, by its frames."""

    task: Literal["classification"] = Field(
        "classification", title="Task", description="Video classification: tell the class of a clip."
    )
    data: FrameDataSpec = Field(title="Data", description="What the job learns from.")
    student: ClipStudentSpec = Field(
        default_factory=ClipStudentSpec, title="Student", description="The network to train."
    )
    method: ClipMethodSpec = Field(
        default_factory=SoloSpec, title="Method", description="How knowledge moves."
    )


class StreamClassificationSpec(ClassificationSpec):
    """A job that tells which class a clip is of, by what lies in its compressed stream."""

    task: Literal["classification"] = Field(
        "classification",
        title="Task",
        description="Video classification in the compressed domain: tell the class of a clip by its stream.",
    )
    data: StreamDataSpec = Field(title="Data", description="What the job learns from.")
    student: StreamStudentSpec = Field(
        default_factory=StreamStudentSpec, title="Student", description="The network to train."
    )
    method: ClipMethodSpec = Field(
        default_factory=SoloSpec, title="Method", description="How knowledge moves."
    )


class FeatureClassificationSpec(ClassificationSpec):
    """A job that tells which class a clip is of, by features of it."""

    task: Literal["classification"] = Field(
        "classification", title="Task", description="Classification of features: tell the class of a clip."
    )
    data: FeatureDataSpec = Field(title="Data", description="What the job learns from.")
    student: FeatureStudentSpec = Field(
        default_factory=FeatureStudentSpec, title="Student", description="The network to train."
    )
    method: ClipMethodSpec = Field(
        default_factory=SoloSpec, title="Method", description="How knowledge moves."
    )
