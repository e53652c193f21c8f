"""What readers make of labelled clips, before anything is decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtkd_engine.data.labelled.rows import Handed

if TYPE_CHECKING:
    from mtkd_engine.data.clips.store import FeatureStore

CLIPS, FEATURES = "clips", "features"
MOST_CLIPS = 1_000_000
LONGEST_ID = 300
UNKNOWN_RATE = 25.0
"""Frames a second of raw frames, whose folders do not tell: that of UCF101."""


@dataclass(frozen=True, slots=True)
class FrameFolder:
    """A clip as the first `count` numbered images of a folder."""

    path: Path
    count: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A clip as the bytes of a file from `start` to before `stop`."""

    path: Path
    start: int
    stop: int


Given = Path | FrameFolder | Stretch
"""Where what was handed in of a clip lies: a video file, raw frames, or a part of a file."""


@dataclass(frozen=True, kw_only=True)
class HandedClips(Handed):
    """Rows of clips, and what stands for a clip at each place.

    Either `given` says where each clip lies, or `features` holds them all.
    """

    given: Sequence[Given] = ()
    features: FeatureStore | None = None

    @property
    def kind(self) -> str:
        """What samples are: "clips" or "features"."""
        return CLIPS if self.features is None else FEATURES
