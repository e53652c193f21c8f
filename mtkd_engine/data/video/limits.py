"""How much of anything a video may have: what is beyond is refused before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

MOST_BYTES = 4 << 30
MOST_PIXELS = 8192 * 4320
LONGEST_SIDE = 16_384
MOST_FRAMES = 54_000
MOST_SECONDS = 3_600
MOST_STREAMS = 64
MOST_EDITS = 64
HIGHEST_RATE, LOWEST_RATE = 1_000, Fraction(1, 100)
"""Frames a second."""

MEMORY = 2 << 30
"""Bytes that one confined process may take beside its libraries: 8K pictures of 10 bits need most of it."""
SECONDS = 60
"""Of the processor, for any one video; more for large ones, see `seconds_for`."""
MOST_PROCESSOR_SECONDS = 1_800
LARGEST_STREAM = 1 << 30
"""Bytes of one written stream; 4 kB a frame are usual."""
_BYTES_A_SECOND = 50_000


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one video may have at most."""

    bytes: int = MOST_BYTES
    pixels: int = MOST_PIXELS
    frames: int = MOST_FRAMES
    seconds: float = MOST_SECONDS
    streams: int = MOST_STREAMS


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What reading one video may take of this machine: bytes, and seconds of the processor (None: by its size)."""

    memory: int = MEMORY
    disk: int = LARGEST_STREAM
    seconds: int | None = None


BOUNDS, COSTS = Bounds(), Costs()


def seconds_for(size: int) -> int:
    """This will give the seconds of the processor that the reading of so many bytes may take."""
    return min(SECONDS + size // _BYTES_A_SECOND, MOST_PROCESSOR_SECONDS)
