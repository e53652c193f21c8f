"""Pixels of image files from outside: bounded before memory is taken, always RGB, upright, one frame.

Shape suffixes: H and W pixels, C channels (3).
"""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mtkd_engine.data.errors import DataError

KINDS = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp"}
MOST_BYTES = 64 << 20
MOST_PIXELS = 64 << 20
LONGEST_SIDE = 30_000
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I")
_ORIENTATION = 0x0112
BROKEN: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
warnings.simplefilter(
    "error", Image.DecompressionBombWarning
)  # it is raised before the sizes can be asked for


class TooLargeError(DataError):
    """The image has more pixels or bytes than are accepted."""


class TruncatedError(DataError):
    """The file ends before its image does."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the file of an image is: sizes in pixels as it is shown, upright."""

    width: int
    height: int
    kind: str
    mode: str
    is_rotated: bool
    """Whether its EXIF orientation turns it."""
    is_animated: bool

    @property
    def is_converted(self) -> bool:
        """Whether it is not plain RGB or grey."""
        return self.mode not in ("RGB", "L", "1")


def decode(content: bytes, *, size: int) -> NDArray[np.uint8]:
    """This will give (size, size, 3), RGB: the shorter side resized with antialiasing, the middle cut out.

    Transparency is laid over white, 16 bits are brought to 8, an EXIF orientation is applied, of an animation the
    first frame is taken. Raises DataError with one sentence for what is no image or too large a one.
    """
    try:
        with opened(content) as image:
            if image.format == "JPEG":
                image.draft(None, (size, size))  # never below the size in either direction
            return np.asarray(_squared(_rgb(upright(image)), size=size))
    except DataError:
        raise
    except BROKEN as error:
        raise refusal(error) from None


def decode_whole(content: bytes, *, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """This will give the whole image, (H, W, 3), RGB, as `decode` brings it there; raises as `decode` does.

    With `size`, (height, width), it is resized to that with antialiasing, whatever its own shape.
    """
    try:
        with opened(content) as image:
            if size is not None and image.format == "JPEG":
                image.draft(
                    None, (max(size), max(size))
                )  # a picture on its side is drafted before it is turned
            whole = _rgb(upright(image))
            if size is not None and (whole.height, whole.width) != size:
                whole = whole.resize(size[::-1], Image.Resampling.BILINEAR, reducing_gap=3.0)
            return np.asarray(whole)
    except DataError:
        raise
    except BROKEN as error:
        raise refusal(error) from None


def size_of(content: bytes) -> tuple[int, int]:
    """This will give height and width of an image as it is shown, upright; raises as `decode` does."""
    try:
        with opened(content) as image:
            is_turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
            width, height = image.size
    except DataError:
        raise
    except BROKEN as error:
        raise refusal(error) from None
    return (width, height) if is_turned else (height, width)


def examine(content: bytes) -> Look:
    """This will read an image to its last pixel and say what it is; raises as `decode` does."""
    try:
        with opened(content) as image:
            is_animated = bool(getattr(image, "is_animated", False))
            if is_animated:
                image.seek(0)
            orientation = image.getexif().get(_ORIENTATION, 1)
            width, height = image.size
            mode = image.mode
            image.load()
    except DataError:
        raise
    except BROKEN as error:
        raise refusal(error) from None
    kind = KINDS.get(str(image.format), "jpeg")  # MPO is what some cameras call theirs
    is_rotated = isinstance(orientation, int) and 2 <= orientation <= 8
    if is_rotated and orientation >= 5:
        width, height = height, width
    return Look(width, height, kind, mode, is_rotated, is_animated and kind != "jpeg")


def opened(content: bytes) -> Image.Image:
    """This will open an image without decoding it; raises TooLargeError before memory is taken, and what is BROKEN."""
    if len(content) > MOST_BYTES:
        raise TooLargeError(f"its file has {len(content):,} bytes, up to {MOST_BYTES:,} are accepted.")
    try:
        image = Image.open(BytesIO(content), formats=tuple(KINDS))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooLargeError(f"it has more than the {MOST_PIXELS:,} pixels that are accepted.") from None
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise TooLargeError(
            f"it has {width:,} x {height:,} pixels; up to {MOST_PIXELS:,} in all and {LONGEST_SIDE:,} a side "
            "are accepted."
        )
    return image


def upright(image: Image.Image) -> Image.Image:
    """This will turn an image as its EXIF orientation says."""
    return ImageOps.exif_transpose(image) if image.getexif().get(_ORIENTATION, 1) != 1 else image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode in SIXTEEN_BITS:
        high = np.asarray(image).astype(np.uint32)
        return Image.fromarray((high.clip(0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        over = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    return image.convert("RGB")


def _squared(image: Image.Image, *, size: int) -> Image.Image:
    width, height = image.size
    if width != size or height != size:
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        return image.resize(
            (size, size),
            Image.Resampling.BILINEAR,
            box=(left, top, left + side, top + side),
            reducing_gap=3.0,
        )
    return image


def refusal(error: Exception) -> DataError:
    """This will say in one sentence why an image cannot be decoded, of what BROKEN caught."""
    said = " ".join(str(error).split())[:120] or type(error).__name__
    if "truncated" in said.lower() or isinstance(error, EOFError):
        return TruncatedError(f"its file is cut short ({said}).")
    if "cannot identify" in said:
        said = "no first bytes of " + ", ".join(sorted(KINDS))
    return DataError(f"it cannot be decoded ({said}).")
