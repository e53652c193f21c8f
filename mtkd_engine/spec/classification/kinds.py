"""Which networks read what, of all kinds of data; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from mtkd_engine.spec.classification.clipnets import (
    Conv3dNet,
    FrameNet,
    SequenceNet,
    StreamsNet,
    VideoTransformersNet,
)
from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput, ImageInput, StreamsInput
from mtkd_engine.spec.classification.nets import (
    BranchesNet,
    CifarResNet,
    OnnxProgram,
    TimmNet,
    TransformersNet,
)

IMAGES, CLIPS, STREAMS, FEATURES = "images", "clips", "streams", "features"
"""What samples are seen as."""

SEEN_AS: Mapping[str, tuple[str, ...]] = {IMAGES: (IMAGES,), CLIPS: (CLIPS, STREAMS), FEATURES: (FEATURES,)}
"""By what the samples of a dataset are, what they may be seen as."""

_OF_FAMILY = {
    "frames": CLIPS,
    "conv3d": CLIPS,
    "video_transformers": CLIPS,
    "streams": STREAMS,
    "sequence": FEATURES,
}
FAMILIES = ("cifar_resnet", "transformers", "timm", "onnx", "branches", *_OF_FAMILY)
"""Families of all networks."""

BuiltNet = Annotated[
    CifarResNet
    | TransformersNet
    | TimmNet
    | FrameNet
    | Conv3dNet
    | VideoTransformersNet
    | StreamsNet
    | SequenceNet,
    Field(discriminator="family"),
]
"""What is built from a description, and may be trained."""

StatedNet = Annotated[
    CifarResNet
    | TransformersNet
    | TimmNet
    | BranchesNet
    | FrameNet
    | Conv3dNet
    | VideoTransformersNet
    | StreamsNet
    | SequenceNet,
    Field(discriminator="family"),
]
"""What a checkpoint may hold: also what only a method trains."""

AnyNet = Annotated[
    CifarResNet
    | TransformersNet
    | TimmNet
    | OnnxProgram
    | BranchesNet
    | FrameNet
    | Conv3dNet
    | VideoTransformersNet
    | StreamsNet
    | SequenceNet,
    Field(discriminator="family"),
]


def _tag(given: Any) -> str:
    """Cards of images are older than the others and have no word for what they read."""
    return str(given.get("kind", "image") if isinstance(given, dict) else getattr(given, "kind", "image"))


AnyInput = Annotated[
    Annotated[ImageInput, Tag("image")]
    | Annotated[ClipInput, Tag("clip")]
    | Annotated[StreamsInput, Tag("streams")]
    | Annotated[FeatureInput, Tag("features")],
    Discriminator(_tag),
]


def net_reads(net: AnyNet) -> str:
    """This will say what samples are seen as by a network: images, clips, streams or features."""
    return _OF_FAMILY.get(net.family, IMAGES)


def input_is(reads: AnyInput) -> str:
    """This will say what samples are seen as where this is read."""
    kinds = {"clip": CLIPS, "streams": STREAMS, "features": FEATURES}
    return kinds.get(getattr(reads, "kind", "image"), IMAGES)


def refuse_misfit(net: AnyNet, reads: AnyInput) -> None:
    """This will raise ValueError, field `input`, where a network does not read what it is given."""
    wanted, given = net_reads(net), input_is(reads)
    if wanted != given:
        raise ValueError(
            f"input: given an input of {given}, but networks of family {net.family} read {wanted}"
        )


def misfit_of(reads: AnyInput, *, seen_as: Sequence[str], width: int | None = None) -> str | None:
    """This will say in half a sentence why a network cannot read samples that are seen as one of some kinds.

    `width` is that of features that are there, None where it is not known or there are none. None where it can.
    """
    own = input_is(reads)
    if own not in seen_as:
        return f"reads {own}, and what is there are {' or '.join(seen_as)}"
    if isinstance(reads, FeatureInput) and width is not None and reads.width != width:
        return f"reads features of width {reads.width:,}, and those of the dataset have {width:,}"
    return None


def families_reading(kind: str) -> tuple[str, ...]:
    """This will name the families of networks that may be trained on samples which are seen as a kind."""
    built = (family for family in FAMILIES if family not in {"onnx", "branches"})
    return tuple(family for family in built if _OF_FAMILY.get(family, IMAGES) == kind)


def families_of(net: AnyNet) -> set[str]:
    """This will list the family of a network and of those inside it."""
    inside = [getattr(net, name, None) for name in ("backbone", "net", "iframe", "motion", "residual")]
    return {net.family, *(part.family for part in inside if part is not None)}


def moments_of(reads: AnyInput) -> int:
    """This will say how many frames, segments or rows are read of a sample; 1 of an image."""
    if isinstance(reads, ImageInput):
        return 1
    return reads.segments if isinstance(reads, StreamsInput) else reads.frames
