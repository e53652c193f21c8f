"""One source becomes one stream of our own: P-only MPEG-4 in MP4, 340 x 256 whatever the aspect, groups of 12 frames.

This is what the field reads motion and residuals from (Wu et al., CoViAR, CVPR 2018: `-vf scale=340:256 -c:v mpeg4`),
with a quantiser of 3 instead of 1: a third of the bytes at 38 dB. The encoder begins a group early at a cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from mtkd_engine.data.video.boxes import too_many_frames
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.frames import Tally, decoded_frames
from mtkd_engine.data.video.images import read_images
from mtkd_engine.data.video.limits import BOUNDS, HIGHEST_RATE, LOWEST_RATE, Bounds
from mtkd_engine.data.video.opening import Probed, probe
from mtkd_engine.data.video.timing import codable
from mtkd_engine.data.video.upright import Fitting

WIDTH, HEIGHT = 340, 256
GROUP = 12
_QUANTISER = "3"
_FARTHEST = "254"
"""Half pixels that a vector may reach: 127 pixels, so that a grid of them fits into bytes."""
Slotted = Iterator[tuple[int | None, VideoFrame]]


@dataclass(frozen=True, kw_only=True)
class Transcoded:
    """What was written, and what a person is to know of its source; sizes are the source's, upright."""

    frames: int
    rate: float
    width: int
    height: int
    gops: tuple[int, ...]
    notes: tuple[str, ...]


def transcode_video(path: Path, *, to: Path, bounds: Bounds = BOUNDS) -> Transcoded:
    """This will write a video anew to the new file `to`; raises VideoError. For confined processes only."""
    probed, tally = probe(path, bounds=bounds), Tally()
    frames = decoded_frames(path, probed, tally, bounds=bounds)
    gops, count = _write(frames, tally, rate=probed.timing.rate, to=to, bounds=bounds)
    return _told(gops, count, tally, rate=probed.timing.rate, notes=_notes(probed, tally))


def transcode_images(
    paths: Sequence[Path],
    *,
    rate: float,
    to: Path,
    bounds: Bounds = BOUNDS,
) -> Transcoded:
    """This will write images, one after the other, as a stream of so many frames a second; raises VideoError."""
    if not paths:
        raise VideoError("no_frames", "has no image.")
    if len(paths) > bounds.frames:
        raise too_many_frames(len(paths), bounds=bounds)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        said = f"is to show {rate:,g} frames a second; {float(LOWEST_RATE)} to {HIGHEST_RATE:,} are accepted."
        raise VideoError("absurd_times", said)
    exact = codable(Fraction(rate).limit_denominator(1001))
    if len(paths) > bounds.seconds * exact:
        said = f"is {len(paths) / rate:,.0f} s long; up to {bounds.seconds:,.0f} s are accepted."
        raise VideoError("too_long", said)
    tally = Tally()
    gops, count = _write(read_images(paths, tally, bounds=bounds), tally, rate=exact, to=to, bounds=bounds)
    return _told(gops, count, tally, rate=exact, notes=_notes_of_frames(tally))


def _told(
    gops: Sequence[int], count: int, tally: Tally, *, rate: Fraction, notes: Sequence[str]
) -> Transcoded:
    width, height = tally.first
    if tally.turn.is_transposed:
        width, height = height, width
    return Transcoded(
        frames=count, rate=float(rate), width=width, height=height, gops=tuple(gops), notes=tuple(notes)
    )


def _write(
    frames: Slotted, tally: Tally, *, rate: Fraction, to: Path, bounds: Bounds
) -> tuple[list[int], int]:
    """The first frames of the groups, and the number of all."""
    fitting, gops, written, given = Fitting(width=WIDTH, height=HEIGHT), list[int](), 0, 0
    with to.open("xb") as file, av.open(file, "w", format="mp4") as container:
        options = {"qmin": _QUANTISER, "qmax": _QUANTISER, "me_range": _FARTHEST, "threads": "1"}
        stream = container.add_stream("mpeg4", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = GROUP, 0
        fitted = ((slot, fitting.fitted(frame, tally.turn)) for slot, frame in frames)
        for frame in _evenly(fitted):
            if given >= bounds.frames:
                raise too_many_frames(given + 1, bounds=bounds)
            # the encoder decides by itself what a frame becomes
            frame.pict_type, frame.pts, frame.time_base = 0, given, 1 / rate
            given += 1
            for packet in stream.encode(frame):
                gops += [written] * packet.is_keyframe
                written += 1
                container.mux(packet)
        for packet in stream.encode(None):
            gops += [written] * packet.is_keyframe
            written += 1
            container.mux(packet)
    return gops, written


def _evenly(frames: Slotted) -> Iterator[VideoFrame]:
    """One frame for each slot from the first on: an earlier one again where there is none, the first of several."""
    held: VideoFrame | None = None
    place = 0
    for slot, frame in frames:
        following = place + 1 if slot is None else slot
        if held is None:
            held, place = frame, slot or 0
        elif following > place:
            for _ in range(following - place):
                yield held
            held, place = frame, following
    if held is not None:
        yield held


def _notes(probed: Probed, tally: Tally) -> list[str]:
    timing, notes = probed.timing, list[str]()
    if probed.is_cut:
        notes.append(f"It is cut short; whole frames that are taken: {tally.whole:,}.")
    if tally.damaged:
        notes.append(f"Damaged frames that are left out: {tally.damaged:,}.")
    if timing.is_variable:
        notes.append(f"Its rate varies: it is resampled by time to {float(timing.rate):.4g} frames a second.")
    if timing.is_guessed and tally.whole > 1:
        rate = float(timing.rate)
        notes.append(
            f"It says no times of its frames: they are taken as evenly spaced, {rate:.4g} to a second."
        )
    if tally.turn:
        notes.append("It is turned upright, as its display matrix says.")
    if probed.others:
        notes.append(
            f"It has {probed.others + 1} streams of pictures: the default one, of several the largest, is taken."
        )
    return notes + _notes_of_frames(tally)


def _notes_of_frames(tally: Tally) -> list[str]:
    notes = []
    if len(tally.sizes) > 1:
        sizes = ", ".join(f"{width} x {height}" for width, height in sorted(tally.sizes)[:4])
        notes.append(f"Its frames have {len(tally.sizes)} sizes ({sizes}): all are brought to one.")
    if tally.is_bright:
        notes.append("It has a high dynamic range, which is not mapped: it looks paler than it should.")
    return notes
