"""Small films of a moving square, and files made of them that are broken in one way each."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_COARSE = ("mpeg4", "flv", "mpeg1video", "mpeg2video", "mjpeg")
"""Encoders that make so few pixels unlike themselves where nobody says otherwise."""


def square(
    count: int = 6, *, width: int = 64, height: int = 48, step: tuple[int, int] = (2, 1), side: int = 16
) -> Pixels:
    """A textured square that moves by `step` (x, y) each frame, over a still background: (T, H, W, 3)."""
    rng = np.random.default_rng(5)
    ground = np.full((height, width, 3), (40, 60, 80), np.uint8)
    ground[::8] += 30
    patch = rng.integers(90, 255, (side // 4, side // 4, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    frames = np.repeat(ground[None], count, axis=0)
    for number, frame in enumerate(frames):
        x, y = 8 + step[0] * number, 8 + step[1] * number
        part = frame[y : y + side, x : x + side]
        part[:] = patch[: part.shape[0], : part.shape[1]]
    return frames


def film(
    frames: Sequence[Pixels] | Pixels,
    *,
    codec: str = "mpeg4",
    kind: str = "mp4",
    rate: Fraction | int = 10,
    times: Sequence[int] | None = None,
    base: Fraction | None = None,
    form: str = "yuv420p",
    options: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
    turned: tuple[float, bool] | None = None,
    sound: bool = False,
) -> bytes:
    """A video file of these frames; `times` are in units of `base`, else one by one at the rate."""
    content = io.BytesIO()
    with av.open(content, "w", format=kind, container_options=muxing or {}) as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = form
        if codec in _COARSE:
            stream.codec_context.qmin, stream.codec_context.qmax = 2, 3
        base = base or 1 / Fraction(rate)
        stream.codec_context.time_base = base
        if turned is not None:
            stream.set_display_rotation(turned[0], hflip=turned[1])
        if sound:
            _add_sound(container)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            frame.pts, frame.time_base = times[number] if times else number, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return content.getvalue()


def sound_alone(kind: str = "mp4") -> bytes:
    """A file without pictures."""
    content = io.BytesIO()
    with av.open(content, "w", format=kind) as container:
        _add_sound(container)
    return content.getvalue()


def _add_sound(container: Any) -> None:
    stream = container.add_stream("aac" if container.format.name == "mp4" else "pcm_s16le", rate=8000)
    stream.layout = "mono"
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.int16), "s16", "mono")
    frame.sample_rate = 8000
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


FOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts")


def rebuilt(content: bytes, change: Callable[[bytes, bytes], bytes | None]) -> bytes:
    """An MP4 file with the insides of its boxes changed: `change` gives them anew by name, None for no box at all.

    Only what lies behind the pictures may grow.
    """
    parts, place = [], 0
    while place + 8 <= len(content):
        length, name = struct.unpack(">I4s", content[place : place + 8])
        inside = content[place + 8 : place + length]
        changed = change(name, rebuilt(inside, change) if name in FOLDERS else inside)
        if changed is not None:
            parts.append(struct.pack(">I4s", len(changed) + 8, name) + changed)
        place += length
    return b"".join(parts)


def box(name: bytes, inside: bytes) -> bytes:
    return struct.pack(">I4s", len(inside) + 8, name) + inside


def header_first(content: bytes) -> bytes:
    """An MP4 file whose header comes before its pictures, so that it may be cut within these."""
    start = content.index(b"moov") - 4
    length = int.from_bytes(content[start : start + 4], "big")

    def moved(name: bytes, inside: bytes) -> bytes:
        if name != b"stco":
            return inside
        offsets = struct.unpack(f">{len(inside) // 4 - 2}I", inside[8:])
        return inside[:8] + struct.pack(f">{len(offsets)}I", *(one + length for one in offsets))

    first = content.index(b"free") - 4
    return content[:first] + rebuilt(content[start : start + length], moved) + content[first:start]
