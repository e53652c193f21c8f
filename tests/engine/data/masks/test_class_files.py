"""What files say of the classes of masks: names, and the number or colour that stands for each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.masks.readers.classfile import read_class_file
from mtkd_engine.data.masks.readers.entries import BORDER

RED, GREEN = 0xFF0000, 0x00FF00
BY_COLOUR = {
    "names.json": json.dumps({"sky": [255, 0, 0], "road": "#00ff00"}),
    "items.json": json.dumps([{"name": "sky", "color": [255, 0, 0]}, {"name": "road", "colour": "#00FF00"}]),
    "whole.json": json.dumps({"classes": {"sky": "#ff0000", "road": [0, 255, 0]}, "void": "#e0e0c0"}),
    "class_dict.csv": "name,r,g,b\nsky,255,0,0\nroad,0,255,0\n",
    "semicolons.csv": "Name;Red;Green;Blue\nsky;255;0;0\nroad;0;255;0\n",
    "label_colors.txt": "255 0 0\tsky\n0 255 0\troad\n",
    "labelmap.txt": "# label:color_rgb:parts:actions\nsky:255,0,0::\nroad:0,255,0::\n",
}
BY_NUMBER = {
    "names.json": json.dumps(["sky", "road", "void"]),
    "numbers.json": json.dumps({"road": 1, "sky": 0, "void": 2}),
    "places.json": json.dumps({"0": "sky", "1": "road", "2": "Unlabelled"}),
    "items.json": json.dumps(
        [{"name": "sky", "id": 0}, {"name": "road", "id": 1}, {"name": "rest", "id": 2, "void": True}]
    ),
    "whole.json": json.dumps({"classes": ["sky", "road"], "void": 2}),
    "table.csv": "index,name\n0,sky\n1,road\n2,void\n",
    "lines.txt": "sky\nroad\nvoid\n",
    "numbered.txt": "0: sky\n1: road\n2: void\n",
}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BY_COLOUR)
def test_colours_stand_for_classes_in_the_order_of_the_file(tmp_path: Path, name: str) -> None:
    stated = read_class_file(written(tmp_path, name, BY_COLOUR[name]))
    assert (stated.names, stated.by, stated.values) == (("sky", "road"), "colours", (RED, GREEN))
    assert stated.void == {BORDER}


@pytest.mark.parametrize("name", BY_NUMBER)
def test_numbers_order_classes_and_void_is_none_of_them(tmp_path: Path, name: str) -> None:
    stated = read_class_file(written(tmp_path, name, BY_NUMBER[name]))
    assert (stated.names, stated.by, stated.values) == (("sky", "road"), "numbers", (0, 1))
    assert stated.void == {2, VOID}


def test_where_numbers_begin_at_one_nought_is_void(tmp_path: Path) -> None:
    text = "Idx\tRatio\tTrain\tVal\tStuff\tName\n1\t0.15\t9\t9\t1\twall\n2\t0.1\t9\t9\t1\tbuilding, edifice\n"
    stated = read_class_file(written(tmp_path, "objectInfo150.txt", text))
    assert (stated.names, stated.values) == (("wall", "building, edifice"), (1, 2))
    assert stated.void == {0, VOID}


REFUSED = {
    '["sky"': "not valid JSON",
    '["sky", "sky"]': "appears twice",
    '["sky", 3]': "given the class 3",
    '{"sky": 0, "road": [1, 2, 3]}': "one kind for all",
    '{"sky": 0, "road": 0}': "for 'sky' and for 'road'",
    '{"sky": -1}': "given the number -1",
    '{"sky": true}': "given the number True",
    '{"sky": [0, 0, 256]}': "three numbers of 0 to 255",
    '["void"]': "given 0 classes",
    "7": "a list of class names",
    json.dumps([f"c{number}" for number in range(256)]): "up to 255 beside void",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30])
def test_what_is_wrong_in_a_class_file_is_said_in_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=REFUSED[text]) as refused:
        read_class_file(written(tmp_path, "classes.json", text))
    assert "classes.json" in str(refused.value)


def test_a_class_file_that_is_empty_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is empty"):
        read_class_file(written(tmp_path, "classes.txt", "\n# nothing\n"))
    (tmp_path / "labels.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not text in UTF-8"):
        read_class_file(tmp_path / "labels.txt")
