"""What files of masks say of their pixels, and which class that is."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.coding import BINARY, Coding
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.masks.readers.entries import Entry, classes_of
from mtkd_engine.data.masks.values import read_values
from tests.images_double import file_of, huge_png

NUMBERS = np.array([[0, 1, 2], [2, 1, 255]], np.uint8)
COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 0], [0, 255, 0]]], np.uint8)


def test_grey_palette_and_sixteen_bits_say_numbers() -> None:
    palette = Image.fromarray(NUMBERS)
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255] + 253 * [9, 9, 9])
    for image in (Image.fromarray(NUMBERS), palette, Image.fromarray(NUMBERS.astype(np.uint16))):
        assert np.array_equal(read_values(file_of(image)).by("numbers"), NUMBERS)
    assert read_values(file_of(palette)).by("colours")[0].tolist() == [
        0xFF0000,
        0x00FF00,
        0x0000FF,
    ]


def test_greys_saved_as_colours_are_numbers_and_numbers_are_greys() -> None:
    grey = Image.fromarray(NUMBERS)
    assert np.array_equal(read_values(file_of(grey.convert("RGB"))).by("numbers"), NUMBERS)
    assert read_values(file_of(grey)).by("colours")[0].tolist() == [0, 0x010101, 0x020202]
    with pytest.raises(DataError, match="in colours while classes are given by numbers"):
        read_values(file_of(Image.fromarray(COLOURS))).by("numbers")


def test_transparency_of_a_mask_is_passed_over() -> None:
    clear = Image.fromarray(COLOURS)
    clear.putalpha(0)
    assert np.array_equal(
        read_values(file_of(clear)).values_HW, read_values(file_of(Image.fromarray(COLOURS))).values_HW
    )


def test_what_changes_values_moves_is_broken_or_huge_is_refused() -> None:
    image, other = Image.fromarray(NUMBERS), Image.fromarray(NUMBERS[::-1].copy())
    moving = BytesIO()
    image.save(moving, "PNG", save_all=True, append_images=[other])
    said = {
        "which changes values": file_of(image, "JPEG"),
        "it is animated": moving.getvalue(),
        "cannot be decoded": b"no image",
        "are accepted": huge_png(40_000, 40_000),
        "cut short": huge_png(900, 900),
    }
    for sentence, content in said.items():
        with pytest.raises(DataError, match=sentence):
            read_values(content)


def test_values_become_classes_and_what_is_unknown_is_void() -> None:
    stated = classes_of(
        [Entry("red", "colours", 0xFF0000), Entry("green", "colours", 0x00FF00)], where="here"
    )
    coding = Coding.of(stated, by="colours", found={0, 0xFF0000, 0x00FF00})
    values = read_values(file_of(Image.fromarray(COLOURS))).by("colours")
    assert coding.apply(values).tolist() == [[0, 1], [VOID, 1]]
    assert [coding.written(value) for value in coding.unknown(set(values.ravel().tolist()))] == ["#000000"]


def test_without_a_word_on_classes_their_values_name_them() -> None:
    coding = Coding.of(None, by="numbers", found={0, 3, 7, 255})
    assert (coding.classes, coding.is_named) == (("0", "3", "7"), False)
    assert coding.apply(np.array([[0, 3, 7, 255, 9]])).tolist() == [[0, 1, 2, VOID, VOID]]
    assert Coding.of(None, by="colours", found={0xFF8000, 0}).classes == ("#000000", "#ff8000")
    with pytest.raises(DataError, match="299 different numbers; up to 255 classes"):
        Coding.of(None, by="numbers", found=range(300))


def test_masks_of_black_and_white_have_a_background_and_a_foreground() -> None:
    coding = Coding.of(None, by="numbers", found={0, 255})
    assert coding.classes == BINARY
    assert coding.apply(np.array([[0, 255]])).tolist() == [[0, 1]]
    named = classes_of([Entry("rest", None, None), Entry("cell", None, None)], where="here")
    assert Coding.of(named, by="numbers", found={0, 255}).apply(np.array([[0, 255]])).tolist() == [[0, 1]]


def test_names_are_counted_from_one_where_masks_count_so() -> None:
    named = classes_of([Entry(name, None, None) for name in ("wall", "floor")], where="here")
    from_one = Coding.of(named, by="numbers", found={0, 1, 2})
    assert from_one.apply(np.array([[0, 1, 2]])).tolist() == [[VOID, 0, 1]]
    from_nought = Coding.of(named, by="numbers", found={0, 1, 255})
    assert from_nought.apply(np.array([[0, 1, 255]])).tolist() == [[0, 1, VOID]]
    with_void = classes_of([Entry(name, None, None) for name in ("wall", "floor", "void")], where="here")
    assert Coding.of(with_void, by="numbers", found={0, 1, 2}).apply(np.array([[0, 1, 2]])).tolist() == [
        [0, 1, VOID]
    ]
