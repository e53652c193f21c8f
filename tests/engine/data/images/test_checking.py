"""The check of a dataset of images: what is wrong is found, what can be mended is mended, the rest sealed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mtkd_engine.__main__ import main
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.errors import DataError, DatasetRefusedError
from mtkd_engine.data.images.check import looking
from mtkd_engine.data.images.check.problems import KINDS, REPAIRS
from mtkd_engine.data.images.load import load_images
from tests.images_double import file_of, huge_png, pixels, png, write_folders

SPLITS = ("train", "val", "test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = [f"{split}/{name}/{n}.png" for split in SPLITS for name in ("cat", "dog") for n in range(3)]
    return write_folders(tmp_path / "pets", {name: png(number) for number, name in enumerate(names)})


def found(report: dict[str, Any]) -> dict[str, int]:
    return {problem["code"]: problem["count"] for problem in report["problems"]}


def test_nothing_wrong_is_sealed_at_once_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert (report["problems"], report["sealed"], report["task"]) == ([], True, "classification")
    assert report["splits"]["train"] == {"samples": 6, "sources": 6, "classes": 2}
    assert report["class_counts"] == {split: [3, 3] for split in SPLITS}
    assert report["statistics"]["kinds"] == {"png": 18}
    assert report["statistics"]["balance"]["ratio"] == 1
    sealed, raw = load_images(tmp_path / "sealed"), load_images(folder)
    assert report["content_hash"] == sealed.content_hash == raw.content_hash
    for split in SPLITS:
        pair = [
            one.images.decoded([sample.place for sample in one.splits[split]], size=12)
            for one in (sealed, raw)
        ]
        assert np.array_equal(*pair)
    again = check_dataset(tmp_path / "sealed", seal=tmp_path / "again")
    assert (again["content_hash"], again["format"]) == (report["content_hash"], "mtkd.dataset/2")


BROKEN = {
    "undecodable_images": ("drop_images", b"no image at all"),
    "truncated_images": (
        "drop_images",
        file_of(Image.fromarray(pixels(9, width=64, height=64)), "JPEG", quality=95)[:2000],
    ),
    "too_large_images": ("drop_images", huge_png(100_000, 100_000)),
    "shared_images": ("drop_shared", png(12)),
    "duplicate_images": ("drop_duplicates", png(1)),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_wrong_is_told_with_its_cure_and_cured(folder: Path, tmp_path: Path, code: str) -> None:
    repair, content = BROKEN[code]
    write_folders(folder, {"train/cat/new.png": content})
    waiting = check_dataset(folder, seal=tmp_path / "sealed")
    assert (found(waiting), waiting["sealed"]) == ({code: 1}, False)
    assert [one["name"] for one in waiting["repairs"]] == [repair]
    if KINDS[code].severity == "error":
        with pytest.raises(DatasetRefusedError, match=r"train/cat/"):
            check_dataset(folder, accept=[], seal=tmp_path / "sealed")
    mended = check_dataset(folder, accept=[repair], seal=tmp_path / "sealed")
    assert mended["sealed"]
    assert mended["splits"]["train"]["samples"] == 6 if code != "shared_images" else 6
    assert len(load_images(tmp_path / "sealed").splits["train"]) == 6


def test_unknown_labels_and_classes_without_images_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "classes.json").write_text('["cat", "dog", "fish", "bird"]')
    write_folders(folder, {"train/wolf/a.png": png(50), "test/bird/a.png": png(51), "train/notes.md": b"x"})
    report = check_dataset(folder)
    assert found(report) == {
        "unknown_labels": 1,
        "untrained_classes": 1,
        "unused_classes": 1,
        "ignored_files": 1,
    }
    assert report["splits"]["train"]["classes"] == 2
    sealed = check_dataset(folder, accept=["drop_rows", "drop_untrained"], seal=tmp_path / "sealed")
    assert sealed["sealed"]
    assert "bird" in load_images(tmp_path / "sealed").classes
    assert sealed["splits"]["test"] == {"samples": 6, "sources": 6, "classes": 2}


def test_what_images_are_is_noted(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    plain = Image.fromarray(pixels(70))
    write_folders(
        folder,
        {
            "train/cat/turned.jpg": file_of(plain, "JPEG", exif=exif),
            "train/cat/film.gif": file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]),
            "train/dog/ink.jpg": file_of(Image.fromarray(pixels(71)).convert("CMYK"), "JPEG"),
        },
    )
    report = check_dataset(folder)
    assert found(report) == {"animated_images": 1, "rotated_images": 1, "converted_images": 2}
    assert not report["repairs"]


def test_one_class_or_an_empty_split_is_no_dataset(tmp_path: Path) -> None:
    only = write_folders(tmp_path / "one", {f"cat/{n}.png": png(n) for n in range(9)})
    with pytest.raises(DatasetRefusedError, match="the only class with images is 'cat'"):
        check_dataset(only)
    few = write_folders(tmp_path / "two", {"cat/a.png": png(1), "dog/a.png": png(2)})
    with pytest.raises(DatasetRefusedError, match="no image of the split"):
        check_dataset(few)


def test_an_image_of_train_and_test_under_one_id_is_left_out_of_train(tmp_path: Path) -> None:
    for split, first in (("train", 0), ("val", 20), ("test", 5)):
        images = [png(first + row) for row in range(6)]
        columns = {"id": [f"i{first + row}" for row in range(6)], "image": images, "label": [0, 1] * 3}
        if split == "test":
            columns["label"] = [1, 0] * 3  # so that number 5, the last of train, has its class here as well
        pq.write_table(pa.table(columns), tmp_path / f"{split}.parquet")
    assert found(check_dataset(tmp_path)) == {"shared_images": 1, "unnamed_classes": 2}
    report = check_dataset(tmp_path, accept=["drop_shared"], seal=tmp_path.parent / "sealed")
    assert (report["splits"]["train"]["samples"], report["splits"]["test"]["samples"]) == (5, 6)


def test_archives_of_folders_are_read(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, f"inner/{path.relative_to(folder)}")
    report = check_dataset(tmp_path / "pets.zip", seal=tmp_path / "sealed")
    assert (report["name"], report["format"]) == ("pets", "class_folders")
    assert report["content_hash"] == load_images(folder).content_hash


def test_a_stopped_check_goes_on_where_it_was(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_AT_ONCE", 5)
    given, looked = looking.examine, []

    def counting(content: bytes) -> looking.Look:
        looked.append(content)
        if len(looked) == 12:
            raise KeyboardInterrupt
        return given(content)

    monkeypatch.setattr(looking, "examine", counting)
    with pytest.raises(KeyboardInterrupt):
        check_dataset(folder, work=tmp_path / "work")
    (kept,) = (tmp_path / "work").glob("seen-*.jsonl")
    with kept.open("ab") as stream:
        stream.write(b'{"sha256": "half a li')
    looked.clear()
    assert check_dataset(folder, work=tmp_path / "work")["problems"] == []
    assert len(looked) == 8
    assert len(kept.read_bytes().splitlines()) == 18


def test_unknown_repairs_and_formats_are_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=", ".join(REPAIRS)):
        check_dataset(folder, accept=["clip_windows"])
    with pytest.raises(DataError, match="holds no labelled images"):
        check_dataset(folder / "train" / "cat" / "0.png", annotation_format="class_folders")
    with pytest.raises(DataError, match="holds no Parquet file"):
        check_dataset(folder, annotation_format="parquet")


def test_the_command_makes_checks_and_seals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make = [
        "make-data",
        "--task",
        "classification",
        "--out",
        str(tmp_path / "w"),
        "--size",
        "12",
        "--classes",
        "3",
    ]
    assert main([*make, "--train", "30", "--val", "9", "--test", "9", "--form", "folders"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"] == {"train": 30, "val": 9, "test": 9}
    assert main(["check", "dataset", str(tmp_path / "w"), "--seal", str(tmp_path / "sealed")]) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == ["disc", "square", "triangle"]
    assert sorted(path.name for path in (tmp_path / "sealed").iterdir()) == [
        "dataset.json", "images.bin", "images.idx", "samples.idx", "samples.jsonl",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["images.bin", "images.idx", "samples.jsonl", "dataset.json"])
def test_a_sealed_folder_that_is_not_whole_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    check_dataset(folder, seal=tmp_path / "sealed")
    path = tmp_path / "sealed" / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError):
        load_images(tmp_path / "sealed")
