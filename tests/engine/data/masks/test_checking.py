"""The check of pictures with masks: what is wrong is found, what can be mended is mended, the rest sealed."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mtkd_engine.__main__ import main
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.errors import DataError, DatasetRefusedError
from mtkd_engine.data.images.check import looking
from mtkd_engine.data.masks.check.problems import KINDS, REPAIRS
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.masks.load import load_masks
from tests.images_double import file_of, huge_png, png
from tests.masks_double import SPLITS, coloured_mask, files, folder_of, mask, numbers, shown_mask

NAMED = {"classes.json": b'["sky", "road", "tree"]'}


def found(report: dict[str, Any]) -> dict[str, int]:
    return {problem["code"]: problem["count"] for problem in report["problems"]}


def test_nothing_wrong_is_sealed_at_once_and_says_the_same(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "streets", files(of=shown_mask) | NAMED)
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert (report["problems"], report["sealed"], report["task"]) == ([], True, "segmentation")
    assert (report["data"], report["classes"]) == ("masks", ["sky", "road", "tree"])
    assert report["colours"] == ["#c80000", "#00c800", "#0000c8"]
    assert report["splits"]["train"] == {"samples": 3, "sources": 3, "classes": 3}
    assert report["class_counts"] == {split: [3, 3, 3] for split in SPLITS}
    counted = np.bincount(np.concatenate([numbers(row).ravel() for row in range(3)]), minlength=3).tolist()
    assert report["statistics"]["pixels"]["train"] == [*counted, 0]
    assert report["samples"][0]["classes"] == ["sky", "road", "tree"]
    sealed, raw = load_masks(tmp_path / "sealed"), load_masks(folder)
    assert report["content_hash"] == sealed.content_hash == raw.content_hash
    for one in (sealed, raw):
        first = one.splits["val"][0]
        assert np.array_equal(one.masks.at(first.place), numbers(100))
        assert one.images.bytes(first.place) == png(100)
    again = check_dataset(tmp_path / "sealed", seal=tmp_path / "again")
    assert (again["content_hash"], again["format"]) == (report["content_hash"], "mtkd.dataset/2")


def test_however_classes_are_written_the_content_is_the_same(tmp_path: Path) -> None:
    listed = json.dumps({"red": [255, 0, 0], "green": [0, 255, 0], "black": [0, 0, 0]}).encode()
    coloured = folder_of(tmp_path / "one", files(of=coloured_mask) | {"classes.json": listed})
    named = folder_of(tmp_path / "other", files() | {"classes.txt": b"red\ngreen\nblack\n"})
    assert load_masks(coloured).content_hash == load_masks(named).content_hash
    renamed = folder_of(tmp_path / "third", files() | {"classes.txt": b"red\ngreen\nblue\n"})
    assert load_masks(renamed).content_hash != load_masks(named).content_hash


BROKEN = {
    "undecodable_masks": b"no image at all",
    "truncated_masks": huge_png(900, 900),
    "too_large_masks": huge_png(40_000, 40_000),
    "lossy_masks": file_of(Image.fromarray(numbers(0)), "JPEG"),
    "other_sizes": mask(0, size=11),
    "void_masks": file_of(Image.fromarray(np.full((12, 12), VOID, np.uint8))),
    "colour_masks": coloured_mask(0),
    "too_many_values": file_of(Image.fromarray(np.arange(40 * 40, dtype=np.uint16).reshape(40, 40))),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_mask_that_cannot_be_used_leaves_its_picture_out_where_asked(tmp_path: Path, code: str) -> None:
    made = files() | NAMED | {"train/masks/p0.png": BROKEN[code]}
    if code == "too_many_values":
        made["train/images/p0.png"] = png(0, width=40, height=40)
    folder = folder_of(tmp_path / "streets", made)
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert (found(report), report["sealed"]) == ({code: 1}, False)
    assert [one["name"] for one in report["repairs"]] == ["drop_images"]
    with pytest.raises(DatasetRefusedError, match=r"train/images/p0\.png"):
        check_dataset(folder, accept=[])
    with pytest.raises(DataError, match=r"'train/images/p0\.png': its mask"):
        load_masks(folder)
    mended = check_dataset(folder, accept=["drop_images"], seal=tmp_path / "sealed")
    assert mended["splits"]["train"]["samples"] == 2


def test_values_that_stand_for_nothing_become_void_where_asked(tmp_path: Path) -> None:
    listed = {"classes.json": b'{"sky": 0, "road": 1}'}
    folder = folder_of(tmp_path / "streets", files() | listed)
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert (found(report), report["sealed"]) == ({"unknown_values": 9}, False)
    assert report["problems"][0]["places"][0]["detail"].startswith("test/images/p0.png: 2 (")
    with pytest.raises(DataError, match="stand for no class: 2"):
        load_masks(folder)
    check_dataset(folder, accept=["void_unknown"], seal=tmp_path / "sealed")
    sealed = load_masks(tmp_path / "sealed")
    wanted = np.where(numbers(0) == 2, VOID, numbers(0))
    assert np.array_equal(sealed.masks.at(sealed.splits["train"][0].place), wanted)


def test_pictures_without_masks_masks_without_pictures_and_links_away_are_told(tmp_path: Path) -> None:
    made = files() | NAMED | {"train/masks/extra.png": mask(7), "notes.md": b"hello"}
    folder = folder_of(tmp_path / "streets", made)
    (tmp_path / "elsewhere.png").write_bytes(mask(0))
    (folder / "train/masks/p0.png").unlink()
    os.symlink(tmp_path / "elsewhere.png", folder / "train/masks/p0.png")
    assert found(check_dataset(folder)) == {"missing_masks": 1, "unused_masks": 1, "ignored_files": 1}


def test_pictures_of_train_may_not_be_judged_by(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "streets", files() | NAMED | {"test/images/p0.png": png(0)})
    assert found(check_dataset(folder)) == {"shared_images": 1}
    with pytest.raises(DataError, match="is the same image as"):
        load_masks(folder)
    mended = check_dataset(folder, accept=["drop_shared"], seal=tmp_path / "sealed")
    assert mended["splits"]["train"]["samples"] == 2


def test_what_is_wrong_with_all_masks_is_said_in_one_sentence(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "streets", files(of=coloured_mask) | NAMED)
    with pytest.raises(DataError) as refused:
        check_dataset(folder)
    assert str(refused.value) == (
        "streets: none of its 9 pictures can be used with its mask, the first of which is test/images/p0.png: its "
        "mask is in colours while classes are given by numbers; a file of classes with their colours is accepted "
        "beside them."
    )


def test_one_picture_with_two_masks_is_no_duplicate(tmp_path: Path) -> None:
    made = files() | NAMED | {"train/images/p1.png": png(0)}
    assert found(check_dataset(folder_of(tmp_path / "two", made))) == {"conflicting_labels": 1}
    made["train/masks/p1.png"] = made["train/masks/p0.png"]
    assert found(check_dataset(folder_of(tmp_path / "one", made))) == {"duplicate_images": 1}


def test_what_is_missing_of_splits_is_made_by_source(tmp_path: Path) -> None:
    made = {f"images/{row}.png": png(row) for row in range(12)}
    made |= {f"masks/{row}.png": mask(row) for row in range(12)}
    grouped = "".join(f"images/{row}.png,drive {row // 3}\n" for row in range(12))
    made["sources.csv"] = f"id,source\n{grouped}".encode()
    folder = folder_of(tmp_path / "streets", made | NAMED)
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert found(report) == {"split_made": 1}
    sealed = load_masks(tmp_path / "sealed")
    sources = {split: {one.source_id for one in samples} for split, samples in sealed.splits.items()}
    assert sum(len(one) for one in sources.values()) == len(set().union(*sources.values())) == 4
    raw = load_masks(folder)
    for split in SPLITS:
        assert [one.sample_id for one in raw.splits[split]] == [one.sample_id for one in sealed.splits[split]]


def test_an_archive_is_checked_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "streets.zip", "w") as archive:
        for name, content in (files() | NAMED).items():
            archive.writestr(f"streets/{name}", content)
    path = str(tmp_path / "streets.zip")
    assert (
        main(["check", "dataset", path, "--seal", str(tmp_path / "sealed"), "--format", "mask_folders"]) == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert (report["name"], report["task"], report["sealed"]) == ("streets", "segmentation", True)


def test_another_call_goes_on_where_one_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path / "streets", files() | NAMED)
    work = tmp_path / "work"
    first = check_dataset(folder, work=work)

    def never(*_: object) -> None:
        raise AssertionError("looked at again")

    monkeypatch.setattr(looking, "examine", never)
    assert check_dataset(folder, work=work) == first


def test_every_problem_names_a_repair_that_is_there() -> None:
    assert {kind.repair for kind in KINDS.values()} - {None} == set(REPAIRS)
    assert all(kind.accepted for kind in KINDS.values() if kind.severity == "error")
