"""Frames that were handed in as images: decoded one by one, bounded before memory is taken.

Shape suffixes: H and W pixels, C channels (3).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from mtkd_engine.data.images.decode import KINDS, MOST_BYTES
from mtkd_engine.data.video.container import check_size
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.frames import Tally
from mtkd_engine.data.video.limits import BOUNDS, Bounds
from mtkd_engine.data.video.plain import open_plain

_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError)
_FURTHER = (RuntimeError, struct.error, zlib.error)


def read_images(
    paths: Sequence[Path],
    tally: Tally,
    *,
    bounds: Bounds = BOUNDS,
) -> Iterator[tuple[int | None, VideoFrame]]:
    """This will give the images as frames, each in the slot of its place; raises VideoError for a broken one.

    Transparency is left away, 16 bits are brought to 8, of an animation the first frame is taken.
    """
    for slot, path in enumerate(paths):
        frame = _frame(path, bounds=bounds)
        tally.add(frame)
        yield slot, frame


def _frame(path: Path, *, bounds: Bounds) -> VideoFrame:
    try:
        with open_plain(path, most=MOST_BYTES) as file:
            content = file.read()
        with Image.open(BytesIO(content), formats=tuple(KINDS)) as image:
            check_size(*image.size, bounds=bounds)
            pixels_HWC = np.asarray(_rgb(ImageOps.exif_transpose(image)))
    except VideoError as error:
        raise VideoError(error.code, f"has an image, {path.name}, that {error}") from None
    except MemoryError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        said = f"has an image, {path.name}, of more than the {bounds.pixels:,} pixels that are accepted."
        raise VideoError("too_many_pixels", said) from None
    except (*_BROKEN, *_FURTHER) as error:
        said = " ".join(str(error).split())[:100] or type(error).__name__
        raise VideoError(
            "broken_image", f"has an image, {path.name}, that cannot be decoded ({said})."
        ) from None
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_HWC), "rgb24")


def _rgb(image: Image.Image) -> Image.Image:
    if not image.mode.startswith("I"):
        return image.convert("RGB")
    high = np.asarray(image).astype(np.int64).clip(0, 65_535) >> 8
    return Image.fromarray(high.astype(np.uint8)).convert("RGB")
