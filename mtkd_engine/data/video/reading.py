"""One of our own streams, opened for decoding: every frame by its number, from the I-frame of its group on.

Frames have vectors only where that was asked for before the first is decoded; `thread_type` is NONE, since decoding by
frames side by side is known to give other vectors from run to run.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import av
import numpy as np
from av.codec.context import Flags2
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError

_CODEC = "mpeg4"


class OurStream:
    """A stream that `ingest` wrote; use it in a `with`. Raises DataError for anything else."""

    def __init__(self, stream: bytes, *, vectors: bool = False) -> None:
        """This will open it; nothing is decoded yet."""
        try:
            self._container = av.open(BytesIO(stream), "r", format="mp4")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise DataError(f"A stream of {len(stream):,} bytes cannot be opened ({error}).") from None
        video = self._container.streams.video
        if not video or video[0].codec_context.name != _CODEC:
            self._container.close()
            raise DataError("A stream is not MPEG-4 in MP4, as those made by the ingest are.")
        self._video = video[0]
        self._video.thread_type = "NONE"
        if vectors:
            self._video.codec_context.flags2 |= Flags2.export_mvs
        entries = [(entry.timestamp, entry.is_keyframe) for entry in self._video.index_entries]
        self._times = [time for time, _ in entries]
        self.gops = tuple(number for number, (_, is_first) in enumerate(entries) if is_first)
        self._to = VideoReformatter()

    def __enter__(self) -> OurStream:
        return self

    def __exit__(self, *error: object) -> None:
        self._container.close()

    def __len__(self) -> int:
        return len(self._times)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self._video.codec_context.height, self._video.codec_context.width

    def first_of(self, frame: int) -> int:
        """This will give the first frame of the group of a frame; raises IndexError for one that is not there."""
        if not 0 <= frame < len(self):
            raise IndexError(f"There is no frame {frame} among {len(self)}.")
        return self.gops[bisect_right(self.gops, frame) - 1]

    def frames(self, first: int, last: int) -> Iterator[tuple[int, VideoFrame]]:
        """This will decode frames with their numbers from `first`, an I-frame, to `last`."""
        if first:
            self._container.seek(self._times[first], stream=self._video)
        for number, frame in enumerate(self._container.decode(self._video), start=first):
            yield number, frame
            if number == last:
                return

    def rgb(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """This will give the pixels of a frame (H, W, 3)."""
        pixels: Any = self._to.reformat(
            frame,
            format="rgb24",
            src_colorspace=Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        ).to_ndarray()
        return np.asarray(pixels, np.uint8)
