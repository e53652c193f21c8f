"""Masks and maps get colours without being unpacked."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from webapp.painting import (
    HEAT,
    PaintError,
    class_colours,
    grey_png,
    painted_heat,
    painted_mask,
    painted_points,
)


def opened(png: bytes) -> NDArray[np.uint8]:
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))


def saved(image: Image.Image, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG", **options)  # type: ignore[arg-type]
    return target.getvalue()


def test_every_class_has_a_colour_of_its_own() -> None:
    assert len(set(class_colours(255))) == 255
    assert class_colours(2, ["#AABBCC", "#000000"]) == ["#aabbcc", "#000000"]
    for odd in (["#abc"], ["red", "blue"], "#000000", None, [1, 2], ["#00000g", "#111111"]):
        assert class_colours(2, odd) == class_colours(2)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_masks_of_any_depth_keep_their_classes(bits: int) -> None:
    values = (np.arange(12).reshape(3, 4) % (1 << bits)).astype(np.uint8)
    image = Image.fromarray(values).convert("P")
    image.putpalette([7, 8, 9] * 256)
    colours = class_colours(12)
    shown = opened(painted_mask(saved(image, bits=bits), colours))
    for value, pixel in zip(values.ravel(), shown.reshape(-1, 4), strict=True):
        assert pixel.tolist() == [*bytes.fromhex(colours[value][1:]), 255]


def test_void_and_unknown_values_are_clear() -> None:
    shown = opened(painted_mask(grey_png(np.array([[0, 255, 9]], dtype=np.uint8)), ["#ffffff"]))
    assert shown[0, :, 3].tolist() == [255, 0, 0]


def test_heat_grows_from_clear_to_bright() -> None:
    shown = opened(painted_heat(grey_png(np.arange(256, dtype=np.uint8)[None])))
    alpha = shown[0, :, 3].astype(int)
    assert alpha[0] == 0
    assert (np.diff(alpha) >= 0).all()
    assert [tuple(pixel) for pixel in shown[0]] == [tuple(entry) for entry in HEAT]


def test_points_beyond_the_edge_are_cut_off() -> None:
    points = np.array([[5.0, 4.0], [-90.0, 3.0], [19.9, 9.9]], dtype=np.float32)
    shown = opened(painted_points(points, height=10, width=20))
    assert shown.shape == (10, 20, 4)
    assert shown[4, 5, 3] > shown[4, 12, 3] == 0
    assert not opened(painted_points(points[:0], height=3, width=3)).any()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg/>",
        b"\x89PNG\r\n\x1a\n",
        saved(Image.new("RGB", (2, 2))),
        saved(Image.new("I;16", (2, 2))),
    ],
)
def test_what_is_no_mask_is_refused(content: bytes) -> None:
    with pytest.raises(PaintError):
        painted_mask(content, ["#000000"])
