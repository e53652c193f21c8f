"""Which file is a picture and which its mask, in the layouts of the field."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.masks.finding import find_masks
from mtkd_engine.data.task import task_of
from tests.images_double import file_of, png
from tests.masks_double import SPLITS, files, folder_of, mask, numbers

LAYOUTS = {
    "side by side": ("{split}/images/{name}.png", "{split}/masks/{name}.png"),
    "splits below": ("images/{split}/{name}.png", "labels/{split}/{name}.png"),
    "CamVid": ("{split}/{name}.png", "{split}annot/{name}.png"),
    "marked": ("{split}/{name}.png", "{split}_labels/{name}_L.png"),
    "beside": ("{split}/{name}.png", "{split}/{name}_mask.png"),
    "by split of pictures": ("{split}/images/{name}{split}.png", "masks/{name}{split}.png"),
    "towns": ("images/{split}/bonn/{name}.png", "annotations/{split}/bonn/{name}.png"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pictures_find_their_masks(tmp_path: Path, layout: str) -> None:
    image, mask_at = LAYOUTS[layout]
    root = folder_of(tmp_path / "set", files(image=image, mask_at=mask_at))
    assert task_of(root) == "segmentation"
    handed = find_masks((root,), name="set")
    assert len(handed.rows) == 9
    assert {row.split for row in handed.rows} == set(SPLITS)
    for row in handed.rows:
        seed = 100 * SPLITS.index(str(row.split)) + int(row.sample_id.rpartition("/p")[2][0])
        assert handed.images.encoded(row.place) == png(seed)
        assert handed.masks.encoded(row.place) == mask(seed)


def test_ade20k_is_read_as_it_is_published(tmp_path: Path) -> None:
    made = files(image="images/{split}/{name}.png", mask_at="annotations/{split}/{name}.png")
    names = {"train": "training", "val": "validation"}
    made = {
        "/".join(names.get(part, part) for part in path.split("/")): content for path, content in made.items()
    }
    made["objectInfo150.txt"] = (
        b"Idx\tRatio\tTrain\tVal\tStuff\tName\n1\t0.2\t9\t9\t1\twall\n2\t0.1\t9\t9\t1\tfloor\n"
    )
    handed = find_masks((folder_of(tmp_path / "ade", made),), name="ade")
    assert handed.stated is not None
    assert handed.stated.names == ("wall", "floor")
    assert handed.stated.void == {0, 255}
    assert sum(row.split == "train" for row in handed.rows) == 3


def test_pascal_voc_takes_the_pictures_of_its_lists(tmp_path: Path) -> None:
    made: dict[str, bytes] = {}
    for row in range(6):
        made[f"JPEGImages/20{row}.jpg"] = file_of(Image.open(BytesIO(png(row))), "JPEG")
        made[f"SegmentationClass/20{row}.png"] = mask(row)
        made[f"SegmentationObject/20{row}.png"] = mask(row + 50)
    made["JPEGImages/999.jpg"] = file_of(Image.open(BytesIO(png(99))), "JPEG")
    made["ImageSets/Segmentation/train.txt"] = b"200\n201\n202\n203\n"
    made["ImageSets/Segmentation/val.txt"] = b"204\n205\n"
    made["Annotations/200.xml"] = b"<annotation/>"
    handed = find_masks((folder_of(tmp_path / "VOC2012", made),), name="VOC2012")
    assert [row.split for row in handed.rows] == ["train"] * 4 + ["val"] * 2
    assert np.array_equal(np.asarray(Image.open(BytesIO(handed.masks.encoded(0)))), numbers(0))


def test_a_photo_and_a_png_of_one_name_are_a_picture_and_its_mask(tmp_path: Path) -> None:
    made: dict[str, bytes] = {}
    for row in range(3):
        made[f"{row}.jpg"] = file_of(Image.open(BytesIO(png(row))), "JPEG")
        made[f"{row}.png"] = mask(row)
    handed = find_masks((folder_of(tmp_path / "set", made),), name="set")
    assert [handed.masks.encoded(row.place) for row in handed.rows] == [mask(row) for row in range(3)]


def test_pictures_of_classes_are_no_masks_whatever_their_names_are(tmp_path: Path) -> None:
    made = {
        f"{name}/{row}.png": png(10 * number + row)
        for number, name in enumerate(("mask", "without_mask"))
        for row in range(4)
    }
    made["without_mask/1_l.png"] = png(77)
    assert task_of(folder_of(tmp_path / "faces", made)) == "classification"


def test_what_cannot_be_told_apart_or_found_is_said(tmp_path: Path) -> None:
    twice = files() | {"train/masks/p0.bmp": file_of(Image.fromarray(numbers(0)), "BMP")}
    with pytest.raises(DataError, match="have the same name in the same split"):
        find_masks((folder_of(tmp_path / "twice", twice),), name="twice", form="mask_folders")
    with pytest.raises(DataError, match="holds no pictures with masks; accepted are folders"):
        find_masks((folder_of(tmp_path / "none", {"cat/a.png": png(1)}),), name="none")


def test_sources_of_a_table_are_those_of_pictures(tmp_path: Path) -> None:
    made = files() | {"sources.csv": b"id,source\ntrain/images/p0.png,drive 1\ntrain/images/p1.png,drive 1\n"}
    rows = find_masks((folder_of(tmp_path / "set", made),), name="set").rows
    assert {row.sample_id: row.source for row in rows}["train/images/p1.png"] == "drive 1"
