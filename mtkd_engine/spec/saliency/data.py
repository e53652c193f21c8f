"""Which pictures or videos a job learns from where people looked; torch-free."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mtkd_engine.spec.dense.data import DenseDataSpec

Protocol = Literal["dhf1k", "hollywood2", "mit"]
"""How places that people looked at become a density: see `mtkd_engine.data.gaze.density`."""


class LookedAtSpec(DenseDataSpec):
    """A dataset of what people looked at, and how places become a density."""

    protocol: Protocol = Field(
        "mit",
        title="Protocol",
        description="How places that people looked at become a density; maps that the dataset brings stay as they are.",
    )

    def shared(self) -> dict[str, Any]:
        """This will say sizes and protocol."""
        return {**super().shared(), "protocol": self.protocol}


class GazeDataSpec(LookedAtSpec):
    """A dataset of pictures, each with the places that people looked at."""

    kind: Literal["gaze"] = Field("gaze", title="Kind", description="Pictures and where people looked.")


class GazeVideoDataSpec(LookedAtSpec):
    """A dataset of videos, each with the places that people looked at, and which frames of it are seen together."""

    kind: Literal["gaze_video"] = Field(
        "gaze_video", title="Kind", description="Videos and where people looked."
    )
    protocol: Protocol = Field(
        "dhf1k",
        title="Protocol",
        description="How places that people looked at become a density; maps that the dataset brings stay as they are.",
    )
    frames: int = Field(
        8, ge=1, le=64, title="Frames", description="Frames of a window, which are seen together."
    )
    stride: int = Field(
        4,
        ge=1,
        le=1024,
        title="Stride",
        description="Frames from the first one of a window to the first one of the next.",
    )
    rate: float = Field(
        5.0,
        gt=0,
        le=120,
        title="Rate",
        description="Frames that are seen of each second of a video; of slower videos all.",
    )

    def shared(self) -> dict[str, Any]:
        """This will say sizes, protocol and windows."""
        return {**super().shared(), "frames": self.frames, "stride": self.stride, "rate": self.rate}
