"""The frames of a video, decoded one after the other, and what is to be said of those that could not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mtkd_engine.data.video.container import check_size, refuse_size_of
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import BOUNDS, Bounds
from mtkd_engine.data.video.opening import Probed, opened
from mtkd_engine.data.video.upright import Turn, turn_of

_HIGH_RANGE = (16, 18)
"""Transfer characteristics of ITU-R 2100: PQ and HLG."""


@dataclass
class Tally:
    """What was met while the frames were decoded."""

    whole: int = 0
    damaged: int = 0
    """Packets or frames that were left out, since they could not be decoded whole."""
    half: bool = False
    """Whether the last packet was not whole; it is damaged if another one follows."""
    sizes: set[tuple[int, int]] = field(default_factory=set)
    """Widths and heights as decoded."""
    first: tuple[int, int] = (0, 0)
    turn: Turn = field(default_factory=Turn)
    is_bright: bool = False
    """Whether it has a high dynamic range."""

    def add(self, frame: VideoFrame) -> None:
        """This will count a whole frame."""
        size = (frame.width, frame.height)
        if not self.whole:
            self.first, self.turn = size, turn_of(frame)
        self.whole += 1
        self.sizes.add(size)
        self.is_bright |= frame.color_trc in _HIGH_RANGE


def decoded_frames(
    path: Path,
    probed: Probed,
    tally: Tally,
    *,
    bounds: Bounds = BOUNDS,
) -> Iterator[tuple[int | None, VideoFrame]]:
    """This will give each whole frame with its slot at the rate of `probed.timing`, None where it has no time.

    Half frames at the end and frames that are damaged are left out and counted. Raises VideoError where most of the
    video, or all of it, cannot be decoded.
    """
    with opened(path, bounds=bounds) as (container, stream):
        try:
            for packet in container.demux(stream):
                for frame in _frames(packet, stream, tally, bounds=bounds):
                    check_size(frame.width, frame.height, bounds=bounds)
                    tally.add(frame)
                    yield probed.timing.slot(frame.dts if probed.in_order else frame.pts), frame
        except MemoryError:
            raise
        except av.FFmpegError:
            pass  # the file ends here, which `probe` has said
    if not tally.whole:
        said = f"has {tally.damaged:,} frames, and none of them can be decoded."
        raise VideoError("corrupted" if tally.damaged else "no_frames", said)
    if tally.damaged > tally.whole:
        said = (
            f"has {tally.damaged:,} damaged frames and only {tally.whole:,} whole ones; most must be whole."
        )
        raise VideoError("corrupted", said)


def _frames(
    packet: Packet[VideoStream], stream: VideoStream, tally: Tally, *, bounds: Bounds
) -> list[VideoFrame]:
    if packet.size:
        tally.damaged += tally.half
        tally.half = packet.is_corrupt
    if packet.is_corrupt:
        return []
    try:
        frames = stream.decode(packet)
    except MemoryError:
        raise
    except av.FFmpegError as error:
        refuse_size_of(error, bounds=bounds)
        tally.damaged += bool(packet.size)
        return []
    whole = [frame for frame in frames if not frame.is_corrupt]
    tally.damaged += len(frames) - len(whole)
    return whole
