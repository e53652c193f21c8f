"""A video file of somebody else's: which of its streams is taken, and what can be said before a frame is decoded.

Everything here reads what a stranger made; call it in a confined process (`mtkd_engine.data.video.ingest` does).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mtkd_engine.data.video.boxes import Boxes, look_at_boxes, too_many_frames
from mtkd_engine.data.video.container import CODECS, check_size, most_pixels, open_container
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import BOUNDS, Bounds
from mtkd_engine.data.video.plain import open_plain
from mtkd_engine.data.video.sniffing import HEAD, is_of_boxes, promised_size, refuse_by_head
from mtkd_engine.data.video.timing import Timing, timing_of

_NO_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails


@dataclass(frozen=True)
class Probed:
    """What a video is, before any frame of it is decoded; sizes as coded, before it is turned upright."""

    stream: int
    codec: str
    width: int
    height: int
    packets: int
    """Whole ones; most codings have one for each frame."""
    stated: int
    """Frames that its header promises, 0 where it promises none."""
    timing: Timing
    is_cut: bool
    """Whether it ends before its last frame does."""
    others: int
    """Streams of pictures beside the chosen one."""
    in_order: bool
    """Whether the container tells when frames are decoded and not when they are shown, as AVI does."""


@contextmanager
def opened(path: Path, *, bounds: Bounds = BOUNDS) -> Iterator[tuple[InputContainer, VideoStream]]:
    """This will open a video and choose its stream: the default one, of several the largest, of these the first.

    Raises VideoError for what is refused by name. Decoders are set to one thread.
    """
    with open_plain(path, most=bounds.bytes) as file, open_container(file, bounds=bounds) as container:
        if len(container.streams) > bounds.streams:
            said = f"has {len(container.streams):,} streams; up to {bounds.streams} are accepted."
            raise VideoError("too_many_streams", said)
        stream = _chosen(container.streams.video)
        check_size(stream.codec_context.width, stream.codec_context.height, bounds=bounds)
        stream.codec_context.options = {"max_pixels": most_pixels(bounds)}
        stream.codec_context.thread_count = 1
        stream.thread_type = "NONE"
        yield container, stream


def probe(path: Path, *, bounds: Bounds = BOUNDS) -> Probed:
    """This will read every packet of a video, decode none, and say what it is; raises VideoError."""
    boxes = _look_at_head(path, bounds=bounds)
    with opened(path, bounds=bounds) as (container, stream):
        times, is_half = _times(container, stream, bounds=bounds)
        if not times:
            raise VideoError("no_frames", "has no whole frame.")
        context = stream.codec_context
        timing = timing_of(
            times, base=stream.time_base or Fraction(1, 1000), stated=stream.guessed_rate, bounds=bounds
        )
        return Probed(
            stream=stream.index,
            codec=context.name,
            width=context.width,
            height=context.height,
            packets=len(times),
            stated=stream.frames,
            timing=timing,
            is_cut=is_half or _is_cut(boxes, packets=len(times), stated=stream.frames),
            others=len(container.streams.video) - 1,
            in_order=_is_in_order(container),
        )


def _look_at_head(path: Path, *, bounds: Bounds) -> Boxes | None:
    with open_plain(path, most=bounds.bytes) as file:
        head = file.read(HEAD)
        refuse_by_head(head)
        if is_of_boxes(head):
            return look_at_boxes(file, bounds=bounds)
        promised = promised_size(head)
        return None if promised is None else Boxes(promised > file.seek(0, os.SEEK_END))


def _is_cut(boxes: Boxes | None, *, packets: int, stated: int) -> bool:
    """Boxes may promise frames that an edit list leaves out, so that their count alone says nothing."""
    is_short = packets < stated
    return is_short if boxes is None else boxes.is_cut and (is_short or not stated)


def _chosen(streams: Sequence[Any]) -> VideoStream:
    shown = [one for one in streams if not one.disposition & _NO_PICTURES]
    if not shown:
        raise VideoError("no_video_stream", "has no pictures; a video with a stream of them is accepted.")
    known = [one for one in shown if one.codec_context is not None and one.codec_context.name in CODECS]
    if not known:
        coded = next((one.codec_context.name for one in shown if one.codec_context is not None), "unknown")
        raise VideoError(
            "unknown_codec",
            f"has pictures coded in a way that is not read here ({coded}); H.264, HEVC, AV1, VP9, MPEG-4 and other "
            "common ones are accepted.",
        )
    chosen = max(known, key=_preference)
    assert isinstance(chosen, VideoStream)
    return chosen


def _preference(stream: VideoStream) -> tuple[bool, int, int]:
    is_default = bool(stream.disposition & Disposition.default)
    return is_default, stream.codec_context.width * stream.codec_context.height, -stream.index


def _is_in_order(container: InputContainer) -> bool:
    return container.format.name == "avi"


def _times(
    container: InputContainer, stream: VideoStream, *, bounds: Bounds
) -> tuple[list[int | None], bool]:
    """When the frames of all whole packets are shown, and whether reading ended with an error or half a packet.

    Where times of decoding go back, as those of files that were stuck together do, they say nothing: all are None.
    """
    times: list[int | None] = []
    is_half, goes_back, latest, in_order = False, False, None, _is_in_order(container)
    try:
        for packet in container.demux(stream):
            if not packet.size or packet.is_discard:
                continue
            is_half = packet.is_corrupt
            if is_half:
                continue
            goes_back |= latest is not None and packet.dts is not None and packet.dts < latest
            latest = packet.dts
            times.append(packet.dts if in_order else packet.pts)
            if len(times) > bounds.frames:
                raise too_many_frames(len(times), bounds=bounds)
    except MemoryError:
        raise
    except (av.FFmpegError, OSError):
        is_half = True
    return [None] * len(times) if goes_back else times, is_half
