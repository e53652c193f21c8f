"""Groups of frames of our own streams: where each begins, and which frame lies where in which.

A group is an I-frame and the P-frames that follow it. The encoder begins one early at a cut, so that a frame's group is
never its number divided by 12.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from mtkd_engine.data.video.reading import OurStream


def gops(stream: bytes) -> tuple[int, ...]:
    """This will give the first frame, which is the I-frame, of each group; raises DataError for no stream of ours."""
    with OurStream(stream) as opened:
        return opened.gops


def place(groups: Sequence[int], frame: int) -> tuple[int, int]:
    """This will give the group of a frame and its position in it, 0 for the I-frame."""
    group = bisect_right(groups, frame) - 1
    return group, frame - groups[group]


def with_motion(groups: Sequence[int], frame: int) -> int:
    """This will give the frame itself where it is a P-frame, else the last one before it.

    As in CoViAR an I-frame, which has no motion of its own, is stood in for by the end of the group before. The first
    frame of a video, which has none before it, stands for itself: still.
    """
    while frame > 0 and place(groups, frame)[1] == 0:
        frame -= 1
    return frame
