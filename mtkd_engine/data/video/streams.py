"""What nets read of one of our streams: frames, and for compressed-domain nets I-frame, motion and residual.

Shape suffixes: T frames asked for, H = 256 and W = 340 pixels, C = 3 for red, green, blue, 2 for x and y.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.video.accumulate import identity, motion, residual
from mtkd_engine.data.video.follow import follow
from mtkd_engine.data.video.reading import OurStream
from mtkd_engine.data.video.vectors import vectors_of


@dataclass(frozen=True)
class Streams:
    """The three streams at frames that were asked for, in their order."""

    iframe_THWC: NDArray[np.uint8]
    """The I-frame of the frame's group."""
    motion_THW2: NDArray[np.int16]
    """How far each pixel came since the I-frame, in pixels; zero at an I-frame."""
    residual_THWC: NDArray[np.int16]
    """What that motion leaves unexplained, -255 to 255; zero at an I-frame."""


def decoded(stream: bytes, frames: Sequence[int]) -> NDArray[np.uint8]:
    """This will give frames by their numbers (T, H, W, C), each group decoded once, and no further than asked for.

    Raises DataError for no stream of ours, IndexError for a frame that is not there.
    """
    with OurStream(stream) as opened:
        pixels_THWC = np.empty((len(frames), *opened.size, 3), np.uint8)
        for first, rows_of in _by_group(opened, frames).items():
            for number, frame in opened.frames(first, max(rows_of)):
                if number in rows_of:
                    pixels_THWC[rows_of[number]] = opened.rgb(frame)
    return pixels_THWC


def streams_at(stream: bytes, frames: Sequence[int]) -> Streams:
    """This will give the three streams at frames, each group decoded once; raises as `decoded` does.

    At an I-frame motion and residual are zero; `mtkd_engine.data.video.gops.with_motion` names the frame to ask for
    instead.
    """
    with OurStream(stream, vectors=True) as opened:
        count, size = len(frames), opened.size
        motion_T2HW = np.zeros((count, 2, *size), np.int16)  # by planes, as they are worked on
        streams = Streams(
            np.empty((count, *size, 3), np.uint8),
            np.moveaxis(motion_T2HW, 1, -1),
            np.zeros((count, *size, 3), np.int16),
        )
        for first, rows_of in _by_group(opened, frames).items():
            _read_group(opened, first, rows_of, streams)
    return streams


def _by_group(opened: OurStream, frames: Sequence[int]) -> dict[int, dict[int, list[int]]]:
    """The rows that ask for each frame, by the first frame of its group."""
    groups: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, frame in enumerate(frames):
        groups[opened.first_of(frame)][int(frame)].append(row)
    return {first: dict(rows_of) for first, rows_of in sorted(groups.items())}


def _read_group(opened: OurStream, first: int, rows_of: dict[int, list[int]], streams: Streams) -> None:
    places_HW, first_HWC = identity(*opened.size).copy(), np.empty(0, np.uint8)
    for number, frame in opened.frames(first, max(rows_of)):
        if number == first:
            first_HWC = opened.rgb(frame)
            streams.iframe_THWC[[row for rows in rows_of.values() for row in rows]] = first_HWC
            continue
        if (vectors_N := vectors_of(frame)) is not None:
            follow(places_HW, vectors_N)
        if rows := rows_of.get(number):
            streams.motion_THW2[rows] = motion(places_HW)
            streams.residual_THWC[rows] = residual(opened.rgb(frame), first_HWC, places_HW)
