"""A check tells what is wrong with gaze, and what it seals is read again as it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.data.dense.selecting import select_dense
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.dataset import GazeDataset, GazeVideoDataset
from mtkd_engine.data.gaze.load import load_gaze
from mtkd_engine.data.selections import Selection
from tests.engine.data.clips.doubles import write
from tests.engine.data.gaze.handing import picture, problems, refused, spots, table
from tests.engine.data.gaze.test_reading import SPLITS, pictures, videos

TIMED = "video,subject,start_ms,duration_ms,x,y"


def test_sealed_pictures_are_those_that_were_handed_in(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set")
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert problems(report) == {}
    assert (report["task"], report["data"], report["sealed"]) == ("saliency", "gaze", True)
    assert report["splits"]["train"] == {"samples": 2, "sources": 2, "fixations": 4, "maps": 0}
    stated = json.loads((tmp_path / "sealed" / "dataset.json").read_text())
    assert (stated["task"], stated["kind"]) == ("saliency", "gaze")
    raw, sealed = load_gaze(folder), load_dense_dataset(tmp_path / "sealed")
    assert isinstance(raw, GazeDataset)
    assert isinstance(sealed, GazeDataset)
    assert raw.content_hash == sealed.content_hash == report["content_hash"]
    for split in SPLITS:
        for one, same in zip(raw.splits[split], sealed.splits[split], strict=True):
            assert (one.sample_id, one.source_id) == (same.sample_id, same.source_id)
            assert np.array_equal(raw.gaze.looks(one.place), sealed.gaze.looks(same.place))
            assert raw.images.bytes(one.place) == sealed.images.bytes(same.place)


def test_a_sealed_dataset_may_be_handed_in_again(tmp_path: Path) -> None:
    first = check_dataset(pictures(tmp_path / "set"), seal=tmp_path / "sealed")
    again = check_dataset(tmp_path / "sealed", seal=tmp_path / "again")
    assert again["content_hash"] == first["content_hash"]


@pytest.mark.usefixtures("pretended_videos")
def test_sealed_videos_keep_streams_fixations_and_maps(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(f"{n:03d}", "ann", 100 * n, 900, 9, 8) for n in range(3)]
    folder = videos(tmp_path / "set", rows, header=TIMED)
    report = check_dataset(folder, seal=tmp_path / "sealed", work=tmp_path / "work")
    assert problems(report) == {"split_made": 1}
    assert report["splits"]["test"]["frames"] == 20
    assert report["splits"]["test"]["seconds"] == 2.0
    raw, sealed = load_gaze(folder), load_gaze(tmp_path / "sealed")
    assert isinstance(raw, GazeVideoDataset)
    assert isinstance(sealed, GazeVideoDataset)
    assert raw.content_hash == sealed.content_hash == report["content_hash"]
    one, same = raw.splits["val"][0], sealed.splits["val"][0]
    assert raw.clips.stream(one.place) == sealed.clips.stream(same.place)
    assert sealed.clips.gops(same.place) == (0, 12)
    assert np.array_equal(raw.gaze.looks(one.place), sealed.gaze.looks(same.place))
    assert sealed.rates[same.place] == 10.0


def test_maps_are_sealed_as_grey_pictures_of_their_own_size(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {}
    for number, split in enumerate(SPLITS):
        files[f"{split}/images/a.png"] = picture(number)
        files[f"{split}/maps/a.png"] = spots((number, 2), width=12, height=8)
    report = check_dataset(write(tmp_path / "set", files), seal=tmp_path / "sealed")
    assert problems(report) == {"only_maps": 3}
    sealed = load_gaze(tmp_path / "sealed")
    map_HW = sealed.gaze.map(sealed.splits["test"][0].place)
    assert map_HW is not None
    assert map_HW.shape == (8, 12)
    assert map_HW[2, 2] == 255
    assert not len(sealed.gaze.fixations(sealed.splits["test"][0].place))


@pytest.mark.usefixtures("pretended_videos")
def test_fixations_after_the_end_are_cut_off_and_counted(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(f"{n:03d}", "ann", 0, 500, 9, 8) for n in range(3)]
    rows += [("000", "bob", 1900, 400, 9, 8), ("000", "bob", 2000, 100, 9, 8), ("001", "bob", 0, 100, 64, 8)]
    folder = videos(tmp_path / "set", rows, header=TIMED)
    report = check_dataset(folder)
    found = problems(report)
    assert (found["late_fixations"], found["clipped_fixations"], found["outside_fixations"]) == (1, 1, 1)
    assert report["statistics"]["left_out"] == {"outside": 1, "late": 1, "clipped": 1}
    assert sum(report["splits"][split]["fixations"] for split in SPLITS) == 4
    dataset = load_gaze(folder)
    place = next(one.place for split in SPLITS for one in dataset.splits[split] if one.sample_id == "000")
    assert dataset.gaze.looks(place)["stop"].tolist() == [5, 20]


def test_pictures_that_nobody_looked_at_or_that_are_broken_can_be_left_out(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set")
    write(folder, {"images/train2.png": picture(50), "images/train3.png": b"no picture"})
    with (folder / "fixations.csv").open("a") as file:
        file.write("train2.png,0,train,999,3\ntrain3.png,0,train,1,3\n")
    report = check_dataset(folder)
    assert problems(report) == {"nobody_looked": 1, "undecodable_images": 1}
    assert {repair["name"] for repair in report["repairs"]} == {"drop_images"}
    refused(folder, accept=[])
    mended = check_dataset(folder, accept=["drop_images"], seal=tmp_path / "sealed")
    assert mended["splits"]["train"]["samples"] == 2
    assert mended["sealed"]
    with pytest.raises(DataError, match=r"train2.png: it has neither a fixation nor a map; at least one"):
        load_gaze(folder)


def test_equal_pictures_in_train_and_test_are_told_and_left_out(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set")
    write(folder, {"images/train0.png": picture(4)})  # that of test0
    report = check_dataset(folder)
    assert problems(report) == {"shared_images": 1}
    mended = check_dataset(folder, accept=["drop_shared"], seal=tmp_path / "sealed")
    assert mended["splits"]["train"]["samples"] == 1
    with pytest.raises(DataError, match="is the same image as"):
        load_gaze(folder)


def test_splits_are_made_by_source_where_none_are_given(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(12)]
    rows = [(name, f"film {number // 3}", 1, 2) for number, name in enumerate(names)]
    files: dict[str, bytes | str] = {f"images/{name}": picture(number) for number, name in enumerate(names)}
    folder = write(tmp_path / "set", {**files, "gaze.csv": table("image,source,x,y", rows)})
    report = check_dataset(folder)
    assert report["split_made"]
    assert problems(report) == {"split_made": 1}
    splits = load_gaze(folder).splits
    sources = [{one.source_id for one in splits[split]} for split in SPLITS]
    assert sum(len(several) for several in sources) == len(set().union(*sources)) == 4


def test_a_part_of_a_dataset_has_a_hash_of_its_own(tmp_path: Path) -> None:
    dataset = load_gaze(pictures(tmp_path / "set"))
    part = select_dense(dataset, leave_out=(Selection("some", ("train0.png",)),))
    assert [one.sample_id for one in part.splits["train"]] == ["train1.png"]
    assert part.content_hash != dataset.content_hash
    assert part.selected_from == part.whole_hash == dataset.content_hash


def test_a_sealed_folder_that_lost_a_file_is_refused(tmp_path: Path) -> None:
    check_dataset(pictures(tmp_path / "set"), seal=tmp_path / "sealed")
    (tmp_path / "sealed" / "gaze.bin").write_bytes(b"short")
    with pytest.raises(DataError, match=r"gaze.bin and gaze.idx do not fit samples.jsonl"):
        load_gaze(tmp_path / "sealed")
