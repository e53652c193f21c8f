"""Masks and maps as pictures to lay over others: the colours of an indexed PNG are exchanged, its pixels stay packed.

A sealed mask is a PNG whose values are classes, a map of saliency one whose values are grey: both get a palette with
transparency. Nothing is unpacked here, so that a large picture costs no more than its bytes.
"""

from __future__ import annotations

import colorsys
import re
import struct
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

VOID = 255
"""The value of what has no class."""
_MARK = b"\x89PNG\r\n\x1a\n"
_GREY, _INDEXED = 0, 3
_HEX = re.compile(r"#[0-9a-f]{6}")
_FIRST = (
    *("#e6194b", "#3cb44b", "#4363d8", "#f5c518", "#911eb4", "#17becf", "#f58231", "#f032e6"),
    *("#9acd32", "#ff9da7", "#008080", "#b983ff", "#9a6324", "#ffe08a", "#a00000", "#7fe5b0"),
    *("#808000", "#ffb380", "#1f4fa0", "#8c8c8c"),
)
_GOLDEN = 0.618034
_HEAT = ((0.0, 38, 18, 120, 0), (0.08, 52, 24, 150, 60), (0.3, 140, 30, 150, 150), (0.55, 225, 70, 60, 205))
_HEAT_TOP = ((0.8, 252, 165, 40, 230), (1.0, 252, 250, 160, 245))

Palette = Sequence[tuple[int, int, int, int]]


class PaintError(ValueError):
    """Something is no picture of the kind that can be painted."""


def class_colours(count: int, given: object = None) -> list[str]:
    """This will give each class a colour as #rrggbb: those that the dataset names, else ones that are told apart."""
    if isinstance(given, list) and len(given) >= count and all(map(_is_colour, given[:count])):
        return [str(colour).lower() for colour in given[:count]]
    return [_FIRST[place] if place < len(_FIRST) else _turned(place) for place in range(count)]


def painted_mask(png: bytes, colours: Sequence[str]) -> bytes:
    """This will give each class of a mask its colour; what has none is left clear. Raises PaintError."""
    palette = [(*_rgb(colour), 255) for colour in colours[:VOID]]
    return _painted(png, [*palette, *[(0, 0, 0, 0)] * (256 - len(palette))])


def painted_heat(png: bytes) -> bytes:
    """This will colour a grey map from clear over violet and red to yellow. Raises PaintError."""
    return _painted(png, HEAT)


def painted_points(points_K2: npt.NDArray[np.floating], *, height: int, width: int) -> bytes:
    """This will draw points (x, y in pixels) as discs with a rim, as a PNG that is clear elsewhere."""
    values_HW = np.zeros((height, width), dtype=np.uint8)
    radius = max(2, round(max(height, width) / 160))
    for value, reach in ((1, radius + max(1, radius // 3)), (2, radius)):
        for x, y in points_K2:
            _stamp(values_HW, float(x), float(y), reach, value)
    return _painted(grey_png(values_HW), [(0, 0, 0, 0), (16, 20, 28, 200), (64, 240, 255, 230)])


def grey_png(values_HW: npt.NDArray[np.uint8]) -> bytes:
    """This will write 8-bit grey values as a PNG."""
    height, width = values_HW.shape
    lines = np.zeros((height, width + 1), dtype=np.uint8)  # each line begins with the filter 0
    lines[:, 1:] = values_HW
    header = struct.pack(">IIBBBBB", width, height, 8, _GREY, 0, 0, 0)
    return (
        _MARK
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
        + _chunk(b"IEND", b"")
    )


def _painted(png: bytes, palette: Palette) -> bytes:
    header = _header(png)
    depth, colour = header[8], header[9]
    if colour not in (_GREY, _INDEXED) or depth > 8:
        raise PaintError("This is no mask or map: its PNG has several channels or 16 bits.")
    entries = palette[: 1 << depth]
    pieces = [_MARK, _chunk(b"IHDR", header[:9] + bytes([_INDEXED]) + header[10:])]
    pieces.append(_chunk(b"PLTE", bytes(value for entry in entries for value in entry[:3])))
    pieces.append(_chunk(b"tRNS", bytes(entry[3] for entry in entries)))
    pieces += [_chunk(name, body) for name, body in _chunks(png) if name in (b"IDAT", b"IEND")]
    return b"".join(pieces)


def _header(png: bytes) -> bytes:
    first = next(_chunks(png), None)
    if first is None or first[0] != b"IHDR" or len(first[1]) != 13:
        raise PaintError("This is no PNG.")
    return first[1]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_MARK)
    if png[:at] != _MARK:
        return
    while at + 12 <= len(png):
        length = int.from_bytes(png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _stamp(values_HW: npt.NDArray[np.uint8], x: float, y: float, reach: int, value: int) -> None:
    height, width = values_HW.shape
    top, left = max(0, round(y) - reach), max(0, round(x) - reach)
    bottom, right = min(height, round(y) + reach + 1), min(width, round(x) + reach + 1)
    if top >= bottom or left >= right:
        return
    away = (np.arange(top, bottom)[:, None] - y) ** 2 + (np.arange(left, right)[None] - x) ** 2
    values_HW[top:bottom, left:right][away <= reach**2] = value


def _is_colour(given: object) -> bool:
    return isinstance(given, str) and _HEX.fullmatch(given.lower()) is not None


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _turned(place: int) -> str:
    """Colours without end: hues a golden section apart, in three depths."""
    depth = (0.55, 0.72, 0.4)[place % 3]
    channels = colorsys.hls_to_rgb(place * _GOLDEN % 1.0, depth, 0.65)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def _ramp() -> Palette:
    places, *channels = zip(*_HEAT, *_HEAT_TOP, strict=True)
    at = np.linspace(0.0, 1.0, 256)
    columns = [np.interp(at, places, channel).round().astype(int).tolist() for channel in channels]
    return list(zip(*columns, strict=True))


HEAT: Palette = _ramp()
"""Red, green, blue and how opaque, for each of 256 greys."""
