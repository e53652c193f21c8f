"""Datasets of masks as jobs read them: pictures and masks of any size, parts of them, and the real CamVid."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtkd_engine.__main__ import main
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.dense.selecting import select_dense
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.readers.folders import FolderImages
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.masks.drawing import CLASSES
from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.data.selections import Selection
from tests.images_double import file_of, huge_png, pixels
from tests.masks_double import files, folder_of
from tests.real_data import CAMVID


def test_pictures_come_whole_at_any_size_and_upright(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(3, width=40, height=20))
    turned = Image.Exif()
    turned[0x0112] = 6
    folder_of(tmp_path, {"a.png": file_of(image), "b.jpg": file_of(image, "JPEG", exif=turned, quality=95)})
    pictures = Pictures(FolderImages(tmp_path, [tmp_path / "a.png", tmp_path / "b.jpg"]))
    assert (pictures.size(0), pictures.size(1)) == ((20, 40), (40, 20))
    assert np.array_equal(pictures.full(0), np.asarray(image))
    assert np.array_equal(pictures.rgb(0, 20, 40), np.asarray(image))
    assert pictures.rgb(1, 40, 20).shape == (40, 20, 3)
    assert np.array_equal(pictures.several([1, 0], 7, 9)[1], pictures.rgb(0, 7, 9))
    assert np.array_equal(pictures.rgb(0, 7, 9), np.asarray(image.resize((9, 7), Image.Resampling.BILINEAR)))


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "huge.png").write_bytes(huge_png(40_000, 40_000))
    pictures = Pictures(FolderImages(tmp_path, [tmp_path / "huge.png"]))
    for ask in (lambda: pictures.rgb(0, 8, 8), lambda: pictures.size(0), lambda: pictures.full(0)):
        with pytest.raises(DataError, match=r"huge\.png: it has"):
            ask()


def test_what_was_decoded_once_is_left_for_the_next_job(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "set", files())
    first = load_masks(folder, cache=tmp_path / "cache")
    pictures, masks = first.images.several(range(9), 6, 8), first.masks.several(range(9), 6, 8)
    kept = sorted(path.name.partition("-")[0] for path in (tmp_path / "cache").iterdir())
    assert kept == ["masks", "pictures"]
    again = load_masks(folder, cache=tmp_path / "cache")
    assert np.array_equal(again.images.several(range(9), 6, 8), pictures)
    assert np.array_equal(again.masks.several(range(9), 6, 8), masks)


def test_a_sealed_folder_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "set", files() | {"classes.txt": b"sky\nroad\ntree\n"})
    check_dataset(folder, seal=tmp_path / "sealed")
    stated = tmp_path / "sealed" / "dataset.json"
    stated.write_text(stated.read_text().replace('"tree"', "").replace('"road",', '"road"'))
    with pytest.raises(DataError, match="mask 0: it has classes beyond the 2"):
        load_masks(tmp_path / "sealed").masks.at(0)
    (tmp_path / "sealed" / "masks.bin").write_bytes(b"")
    with pytest.raises(DataError, match=r"masks\.bin and masks\.idx"):
        load_masks(tmp_path / "sealed")


def test_masks_are_resized_without_making_classes_up(tmp_path: Path) -> None:
    dataset = load_masks(folder_of(tmp_path / "set", files()))
    whole, half = dataset.masks.at(0), dataset.masks.resized(0, 6, 4)
    assert np.array_equal(half, whole[1::2][:, 1::3])
    assert np.array_equal(dataset.masks.resized(0, 24, 24)[::2, ::2], whole)


def test_a_part_of_a_dataset_is_tested_on_what_was_selected(tmp_path: Path) -> None:
    whole = load_masks(folder_of(tmp_path / "set", files()))
    asked = Selection("night", ("train/images/p0.png", "test/images/p1.png"))
    left = Selection("blurred", ("val/images/p2.png",))
    part = select_dense(whole, leave_out=[left], test_on=asked)
    assert {split: len(samples) for split, samples in part.splits.items()} == {
        "train": 2,
        "val": 2,
        "test": 2,
    }
    assert part.moved_to_test == {"train/images/p0.png"}
    assert part.whole_hash == whole.content_hash != part.content_hash
    assert select_dense(whole) is whole
    with pytest.raises(DataError, match="are none of dataset"):
        select_dense(whole, leave_out=[Selection("odd", ("nobody",))])


def test_the_generated_world_is_the_same_each_time_and_fits_its_own_reader(tmp_path: Path) -> None:
    some = PicturesPerSplit(train=12, val=4, test=4)
    told = make_masks(tmp_path / "one", pictures=some, size=16, seed=3)
    make_masks(tmp_path / "other", pictures=some, size=16, seed=3)
    assert (told["task"], told["splits"]) == ("segmentation", {"train": 12, "val": 4, "test": 4})
    one, other = load_masks(tmp_path / "one"), load_masks(tmp_path / "other")
    assert one.classes == CLASSES
    assert one.content_hash == other.content_hash
    masks = one.masks.several(range(20), 16, 16)
    assert {0, 1, 2, 3, 4, VOID} == set(np.unique(masks).tolist())
    report = check_dataset(tmp_path / "one", seal=tmp_path / "sealed")
    assert (report["problems"], report["content_hash"]) == ([], one.content_hash)
    for wrong in ({"size": 8}, {"classes": 9}, {"difficulty": 2.0}, {"seed": -1}):
        with pytest.raises(DataError, match=next(iter(wrong))):
            make_masks(tmp_path / "wrong", **wrong)


def test_the_command_makes_the_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "world")
    given = ["make-data", "--out", out, "--task", "segmentation", "--classes", "3", "--size", "16"]
    assert main([*given, "--train", "3", "--val", "1", "--test", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == ["ground", "disc", "square"]
    assert len(load_masks(tmp_path / "world").splits["train"]) == 3


@pytest.mark.skipif(not CAMVID.is_dir(), reason=f"the real data of {CAMVID} is not there")
def test_camvid_fits_the_reader_and_its_statistics_are_those_of_streets(tmp_path: Path) -> None:
    report = check_dataset(CAMVID, seal=tmp_path / "sealed")
    assert (report["problems"], len(report["classes"])) == ([], 11)
    assert {split: found["samples"] for split, found in report["splits"].items()} == {
        "train": 367,
        "val": 101,
        "test": 233,
    }
    shares = {one["name"]: one["share"] for one in report["statistics"]["shares"]}
    assert 0.3 < shares["Road"] < 0.35
    assert min(shares, key=lambda name: shares[name]) == "Bicyclist"
    sealed = load_masks(tmp_path / "sealed")
    assert sealed.content_hash == report["content_hash"]
    assert sealed.images.size(0) == sealed.masks.at(0).shape == (180, 240)
