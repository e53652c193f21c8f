"""Whatever a file of an image is like, its pixels are upright RGB of the size that was asked for, or it is refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import TooLargeError, TruncatedError, decode, examine
from tests.images_double import file_of, huge_png, pixels, png


def test_an_image_of_the_size_keeps_every_pixel() -> None:
    assert np.array_equal(decode(png(3), size=12), pixels(3))


def test_the_shorter_side_is_resized_and_the_middle_is_cut_out() -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert np.array_equal(decode(file_of(Image.fromarray(wide)), size=10), wide[:, 10:20])
    assert decode(png(width=40, height=9), size=16).shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "PNG"), ("P", "GIF"), ("CMYK", "JPEG"), ("1", "PNG"), ("RGBA", "WEBP"), ("LA", "PNG")],
)
def test_every_mode_becomes_rgb(mode: str, kind: str) -> None:
    grey = Image.new("L", (9, 9), 180).convert("RGBA" if mode == "RGBA" else mode)
    shown = decode(file_of(grey, kind), size=9)
    assert shown.dtype == np.uint8
    assert np.ptp(shown.reshape(-1, 3).astype(int), axis=1).max() <= 3
    if mode not in ("1", "P"):
        assert abs(int(shown.mean()) - 180) <= 3


def test_sixteen_bits_are_brought_to_eight() -> None:
    deep = Image.fromarray(np.full((8, 8), 0x8040, np.uint16))
    assert (decode(file_of(deep), size=8) == 0x80).all()


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    assert (decode(file_of(clear), size=8) == 255).all()
    assert examine(file_of(clear)).is_converted


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_photograph_is_shown_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    half = np.zeros((8, 16, 3), np.uint8)
    half[:, :8] = 255
    content = file_of(Image.fromarray(half), exif=exif)
    look, shown = examine(content), decode(content, size=8)
    assert look.is_rotated
    assert (look.width, look.height) == ((16, 8) if orientation == 3 else (8, 16))
    if orientation == 6:  # a quarter clockwise: what was left is above
        assert shown[0].mean() > shown[-1].mean()


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert examine(content).is_animated
    assert tuple(decode(content, size=8)[0, 0]) == (255, 0, 0)
    assert not examine(png()).is_animated


@pytest.mark.parametrize("size", [(100_000, 100_000), (100_000, 2), (9_000, 9_000)])
def test_a_bomb_is_refused_before_it_takes_memory(size: tuple[int, int]) -> None:
    tracemalloc.start()
    with pytest.raises(TooLargeError, match="pixels"):
        examine(huge_png(*size))
    with pytest.raises(TooLargeError, match="pixels"):
        decode(huge_png(*size), size=32)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_file_that_is_cut_short_is_refused(kind: str) -> None:
    content = file_of(Image.fromarray(pixels(1, width=64, height=64)), kind)
    for share in (0.3, 0.9):
        with pytest.raises(DataError, match=r"decoded|cut short"):
            examine(content[: int(share * len(content))])
    if kind == "JPEG":
        with pytest.raises(TruncatedError, match="cut short"):
            examine(content[: len(content) // 2])


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"\xff\xd8\xff" + bytes(99), b"BM" * 40]
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(DataError):
        examine(content)
    with pytest.raises(DataError):
        decode(content, size=8)
