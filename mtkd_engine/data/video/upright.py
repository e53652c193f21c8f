"""Pictures brought to one size and one form of colour, and turned as their display matrix says.

Shape suffixes: H and W pixels; planes are those of YUV 4:2:0, one below the other (3 H / 2, W).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

_KNOWN_COLOURS = (1, 4, 5, 6, 7, 9)
"""Matrices of YUV that can be converted; what names none or another is taken for ITU-R 601, as players do."""


@dataclass(frozen=True)
class Turn:
    """One of the eight ways to lay a picture: transposed first, then flipped."""

    is_transposed: bool = False
    is_upside_down: bool = False
    is_mirrored: bool = False

    def __bool__(self) -> bool:
        return self.is_transposed or self.is_upside_down or self.is_mirrored


def turn_of(frame: VideoFrame) -> Turn:
    """This will read how a frame is to be turned, to the nearest quarter; see ISO/IEC 14496-12, 6.2.2.

    The matrix takes x and y to a x + c y and b x + d y, downwards positive.
    """
    found: Any = frame.side_data.get("DISPLAYMATRIX")
    if found is None:
        return Turn()
    a, b, _, c, d = np.frombuffer(found, np.int32)[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(is_upside_down=d < 0, is_mirrored=a < 0)
    return Turn(True, is_upside_down=b < 0, is_mirrored=c < 0)


class Fitting:
    """Brings frames of any size, form and turn to YUV 4:2:0 of one even size, ITU-R 601, 16 to 235.

    The aspect is not kept. Frames of changing sizes are welcome.
    """

    def __init__(self, *, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._to = VideoReformatter()  # one for all frames: setting it up takes longer than a frame

    def fitted(self, frame: VideoFrame, turn: Turn) -> VideoFrame:
        """This will give a new frame of the size, upright; the frame's time is left behind."""
        size = (self._width, self._height)
        width, height = size[::-1] if turn.is_transposed else size
        known = frame.colorspace in _KNOWN_COLOURS
        fitted = self._to.reformat(
            frame,
            width=width,
            height=height,
            format="yuv420p",
            src_colorspace=None if known else Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.MPEG,
            interpolation="AREA",  # which is bilinear where pictures grow
            threads=1,
        )
        if not turn:
            return fitted
        planes: Any = fitted.to_ndarray()
        return av.VideoFrame.from_ndarray(_turned(planes, turn), "yuv420p")


def _turned(planes: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    width = planes.shape[1]
    height = planes.shape[0] * 2 // 3
    shades = planes[height:].reshape(2, height // 2, width // 2)
    parts = [_laid(plane_HW, turn).reshape(-1) for plane_HW in (planes[:height], *shades)]
    return np.concatenate(parts).reshape(-1, height if turn.is_transposed else width)


def _laid(plane_HW: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    laid = plane_HW.T if turn.is_transposed else plane_HW
    laid = laid[::-1] if turn.is_upside_down else laid
    return laid[:, ::-1] if turn.is_mirrored else laid
