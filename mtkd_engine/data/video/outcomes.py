"""What may be handed in as a video, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FrameImages:
    """A video that was handed in as images, in their order, and how many of them are shown in a second."""

    images: tuple[Path, ...]
    rate: float


Source = Path | FrameImages


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What became of one source; width and height are its own, upright, not those of our stream (340 x 256)."""

    frames: int
    rate: float
    """Frames a second."""
    width: int
    height: int
    gops: tuple[int, ...]
    """The first frame of each group."""
    notes: tuple[str, ...]
    """Sentences for a person: cut short, turned upright, resampled and the like."""
    sha256: str
    """Of the bytes of the source; of images, of their hashes in their order."""
    size: int
    """Bytes of our stream."""


@dataclass(frozen=True)
class Refused:
    """Why a source became nothing: one of `mtkd_engine.data.video.errors.CODES`, and a sentence with its name."""

    code: str
    sentence: str


Outcome = Ingested | Refused


def stream_name(number: int) -> str:
    """This will name the stream of the source of this number."""
    return f"{number:06d}.mp4"
