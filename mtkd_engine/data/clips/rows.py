"""What readers make of labelled clips, before anything is decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtkd_engine.data.images.rows import ImageRow

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


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a reader noticed: the code of a problem, where, and what to say of it."""

    code: str
    said: str
    file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class HandedClips:
    """Rows as found, the classes that their labels count, and what stands for a clip at each place.

    Either `given` says where each clip lies, or `features` holds them all.
    """

    name: str
    format: str
    classes: tuple[str, ...]
    rows: list[ImageRow]
    given: Sequence[Given] = ()
    features: FeatureStore | None = None
    files: tuple[Path, ...] = field(default=())
    found: tuple[Found, ...] = ()
    is_named: bool = True
    """Whether somebody gave the classes names; their numbers stand for them otherwise."""

    @property
    def kind(self) -> str:
        """What samples are: "clips" or "features"."""
        return CLIPS if self.features is None else FEATURES
