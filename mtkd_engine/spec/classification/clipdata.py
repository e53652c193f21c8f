"""Which clips, or features of clips, a job learns from, and what is seen of one; torch-free."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mtkd_engine.spec.classification.data import ClassDataSpec
from mtkd_engine.spec.classification.views import ClipAugmentSpec, FeatureAugmentSpec


class FeatureDataSpec(ClassDataSpec):
    """A dataset of clips of which features are given, a row for each of its moments."""

    kind: Literal["features"] = Field("features", title="Kind", description="Features of clips.")
    rows: int = Field(
        16,
        ge=1,
        le=512,
        title="Rows",
        description="Segments of a clip of which one row each is seen; a clip with fewer rows shows all of them.",
    )
    augment: FeatureAugmentSpec = Field(
        default_factory=FeatureAugmentSpec, title="Augmentation", description="How training clips are varied."
    )

    def shared(self) -> dict[str, Any]:
        """This will say the number of rows."""
        return {"kind": self.kind, "rows": self.rows}


class ClipDataSpec(ClassDataSpec):
    """What is seen of a clip, whatever it is seen as."""

    segments: int = Field(
        8,
        ge=1,
        le=64,
        title="Segments",
        description="Parts of a clip, of which one frame each is seen, or one place of the stream (TSN).",
    )
    size: int = Field(
        112,
        ge=16,
        le=256,
        title="Size",
        description="Pixels a side of the crop to which every clip is brought before anything else.",
    )
    crops: Literal[1, 5, 10] = Field(
        1,
        title="Crops",
        description="When the end is measured: the middle, with four corners, or both also mirrored.",
    )
    augment: ClipAugmentSpec = Field(
        default_factory=ClipAugmentSpec, title="Augmentation", description="How training clips are varied."
    )

    def shared(self) -> dict[str, Any]:
        """This will say how many places of a clip are seen, and how large."""
        return {"kind": self.kind, "segments": self.segments, "size": self.size}


class FrameDataSpec(ClipDataSpec):
    """A dataset of clips, seen as frames."""

    kind: Literal["clips"] = Field("clips", title="Kind", description="Clips, seen as frames.")


class StreamDataSpec(ClipDataSpec):
    """A dataset of clips, seen as what lies in their compressed streams."""

    kind: Literal["streams"] = Field(
        "streams",
        title="Kind",
        description="Clips, seen as I-frames, motion and residuals of their compressed streams (CoViAR).",
    )
    segments: int = Field(
        3,
        ge=1,
        le=64,
        title="Segments",
        description="Parts of a clip, of which one place of the stream each is seen (TSN).",
    )
