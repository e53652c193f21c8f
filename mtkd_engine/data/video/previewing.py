"""What people see of one of our streams: a poster, and a film that any browser plays.

The film has three pictures side by side: the frame, where its pixels came from since the I-frame of its group, and what
that motion does not explain. Shape suffixes: H and W pixels of the stream, h and w those of a picture, half as many,
M and N all ways to move down and across, C = 3 colours.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from io import BytesIO

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.video.accumulate import Places, identity, push
from mtkd_engine.data.video.reading import OurStream
from mtkd_engine.data.video.vectors import cells_of, spread, vectors_of

SECONDS, LONGER = 20, 120
HIGHEST_RATE = 15
FULL = 20
"""Pixels of motion that are shown as bright as can be."""
NONE = 128
"""The grey of what motion explains."""
_EVERY = 2
_CODING = {"preset": "veryfast", "crf": "26", "threads": "1"}
_GROUP = 30
"""A browser that seeks decodes from the beginning of a group."""
_QUALITY = 85
_SLOWEST = Fraction(1, 1001)


@dataclass(frozen=True)
class Preview:
    """What people see of a clip."""

    poster: bytes
    """Its middle frame as JPEG."""
    play: bytes
    """Its beginning as H.264 in MP4, without sound."""


@dataclass(frozen=True)
class _Followed:
    """A frame, the I-frame of its group, and where its pixels were there."""

    picture_HWC: NDArray[np.uint8]
    first_HWC: NDArray[np.uint8]
    places_HW: Places


def preview(stream: bytes, *, rate: float) -> Preview:
    """This will draw one of our streams, of so many frames a second; raises DataError for no stream of ours.

    Of the first SECONDS each frame is shown, or each second, third, ... one: up to HIGHEST_RATE a second.
    """
    every = max(1, math.ceil(rate / HIGHEST_RATE))
    with OurStream(stream, vectors=True) as opened:
        if not len(opened):
            raise DataError("A stream has no frame that could be shown.")
        middle = len(opened) // 2
        shown = range(0, max(1, min(len(opened), int(rate * SECONDS))), every)
        film = _Film(rate=max(_SLOWEST, Fraction(rate / every).limit_denominator(1001)))
        poster_hwC = np.empty(0, np.uint8)
        for number, found in _followed(opened, {*shown, min(middle, shown[-1])}):
            small_hwC = _small(found.picture_HWC)
            if number == middle:
                poster_hwC = small_hwC
            if number in shown:
                film.add(np.concatenate((small_hwC, _motion(found), _residual(found)), axis=1))
        if middle > shown[-1]:
            poster_hwC = _small(_frame(opened, middle))
    return Preview(_jpeg(poster_hwC), film.whole())


def plain_preview(stream: bytes, *, rate: float) -> Preview:
    """This will draw one of our streams as it is, the frame alone; raises DataError for no stream of ours.

    Of the first LONGER seconds frames are shown as by `preview`.
    """
    every = max(1, math.ceil(rate / HIGHEST_RATE))
    with OurStream(stream) as opened:
        if not len(opened):
            raise DataError("A stream has no frame that could be shown.")
        middle = len(opened) // 2
        shown = range(0, max(1, min(len(opened), int(rate * LONGER))), every)
        film = _Film(rate=max(_SLOWEST, Fraction(rate / every).limit_denominator(1001)))
        for number, frame in opened.frames(0, shown[-1]):
            if number in shown:
                film.add(opened.rgb(frame))
        poster_HWC = _frame(opened, middle)
    return Preview(_jpeg(poster_HWC), film.whole())


def _followed(opened: OurStream, wanted: Collection[int]) -> Iterator[tuple[int, _Followed]]:
    """The wanted frames with their numbers; vectors of the frames between them count as well."""
    height, width = opened.size
    begins = frozenset(opened.gops)
    places_HW, first_HWC = identity(height, width), np.empty(0, np.uint8)
    for number, frame in opened.frames(0, max(wanted)):
        if number in begins:
            places_HW, first_HWC = identity(height, width), opened.rgb(frame)
        elif (vectors_N := vectors_of(frame)) is not None:
            cells_RC2 = cells_of(vectors_N, height=height, width=width)
            places_HW = push(places_HW, spread(cells_RC2, height=height, width=width))
        if number in wanted:
            picture_HWC = first_HWC if number in begins else opened.rgb(frame)
            yield number, _Followed(picture_HWC, first_HWC, places_HW)


def _frame(opened: OurStream, wanted: int) -> NDArray[np.uint8]:
    decoded = opened.frames(opened.first_of(wanted), wanted)
    return next(opened.rgb(frame) for number, frame in decoded if number == wanted)


def _small(picture_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture_HWC).reduce(_EVERY))


def _motion(found: _Followed) -> NDArray[np.uint8]:
    """Direction as hue, length as brightness (h, w, C): right is red, and round by way of green, down is next."""
    height, width = found.places_HW.shape
    came_from_hw = found.places_HW[::_EVERY, ::_EVERY]
    is_at_hw = identity(height, width)[::_EVERY, ::_EVERY]
    rows_hw, columns_hw = np.divmod(came_from_hw, width)
    down_hw = is_at_hw // width - rows_hw
    across_hw = is_at_hw % width - columns_hw
    colours_MNC = _colours(height, width)
    flat_hw = (down_hw + height - 1) * colours_MNC.shape[1] + (across_hw + width - 1)
    shown_hwC: NDArray[np.uint8] = colours_MNC.reshape(-1, 3).take(flat_hw, axis=0)
    return shown_hwC


def _residual(found: _Followed) -> NDArray[np.uint8]:
    """What motion leaves unexplained (h, w, C), around grey."""
    came_from_hw = found.places_HW[::_EVERY, ::_EVERY]
    expected_hwC = found.first_HWC.reshape(-1, 3).take(came_from_hw, axis=0)
    left_hwC = np.subtract(found.picture_HWC[::_EVERY, ::_EVERY], expected_hwC, dtype=np.int16)
    left_hwC += NONE
    return left_hwC.clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=2)
def _colours(height: int, width: int) -> NDArray[np.uint8]:
    """The colour of every motion that is possible (M, N, C), from -(height - 1) and -(width - 1) on."""
    down_M1 = np.arange(1 - height, height, dtype=np.float32)[:, None]
    across_N = np.arange(1 - width, width, dtype=np.float32)
    sixth_MN = np.arctan2(down_M1, across_N) * np.float32(3 / np.pi)
    bright_MN = np.hypot(down_M1, across_N).clip(0, FULL) * np.float32(255 / FULL)
    colours_MNC = np.empty((*sixth_MN.shape, 3), np.uint8)
    for channel, begin in enumerate((5, 3, 1)):  # red, green, blue of a full colour, by sixths of the circle
        at_MN = (sixth_MN + begin) % 6
        colours_MNC[..., channel] = bright_MN * (1 - np.minimum(at_MN, 4 - at_MN).clip(0, 1))
    return colours_MNC


class _Film:
    """H.264 in MP4, begun with the first picture."""

    def __init__(self, *, rate: Fraction) -> None:
        self._rate = rate
        self._buffer = BytesIO()
        # what stands in front is put there at the end, when the muxer reads what it wrote
        self._container = av.open(
            self._buffer,
            "w",
            format="mp4",
            options={"movflags": "faststart"},
            io_open=lambda *_: BytesIO(self._buffer.getvalue()),
        )
        self._stream = self._container.add_stream("libx264", rate=rate, options=_CODING)
        self._count = 0

    def add(self, pixels_hwC: NDArray[np.uint8]) -> None:
        """This will append a picture."""
        if not self._count:
            self._stream.height, self._stream.width = pixels_hwC.shape[:2]
            self._stream.pix_fmt, self._stream.codec_context.gop_size = "yuv420p", _GROUP
            self._stream.codec_context.colorspace = Colorspace.ITU601
            self._stream.codec_context.color_range = ColorRange.MPEG
        frame = av.VideoFrame.from_ndarray(pixels_hwC, format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._container.mux(self._stream.encode(frame))
        self._count += 1

    def whole(self) -> bytes:
        """This will end it and give its bytes."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._buffer.getvalue()


def _jpeg(pixels_hwC: NDArray[np.uint8]) -> bytes:
    target = BytesIO()
    Image.fromarray(pixels_hwC).save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()
