"""Gaze is read out of tables and out of picture files, in the forms of the field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.dataset import GazeDataset, GazeVideoDataset
from mtkd_engine.data.gaze.finding import find_gaze
from mtkd_engine.data.gaze.load import load_gaze
from mtkd_engine.data.gaze.looks import grey_of
from mtkd_engine.data.task import task_of
from tests.engine.data.clips.doubles import clip, write
from tests.engine.data.gaze.handing import picture, spots, table

SPLITS = ("train", "val", "test")


def pictures(folder: Path, *, header: str = "image,subject,split,x,y") -> Path:
    """Two pictures of each split with two fixations each."""
    names = [f"{split}{number}.png" for split in SPLITS for number in range(2)]
    rows = [
        (name, who, name[:-5], 3 + who + number, 7.5) for number, name in enumerate(names) for who in range(2)
    ]
    files = {f"images/{name}": picture(number) for number, name in enumerate(names)}
    return write(folder, {**files, "fixations.csv": table(header, rows)})


def videos(folder: Path, rows: list[tuple[object, ...]], *, header: str, count: int = 3) -> Path:
    """Three clips of 20 frames of 64 x 48 pixels at 10 a second."""
    files = {f"videos/{number:03d}.mp4": clip(number) for number in range(count)}
    return write(folder, {**files, "fixations.csv": table(header, rows)})


def test_a_table_of_pictures_gives_fixations_and_viewers(tmp_path: Path) -> None:
    dataset = load_gaze(pictures(tmp_path / "set"))
    assert isinstance(dataset, GazeDataset)
    assert task_of(tmp_path / "set") == dataset.task == "saliency"
    assert dataset.kind == "gaze"
    assert [len(dataset.splits[split]) for split in SPLITS] == [2, 2, 2]
    sample = dataset.splits["val"][1]
    assert sample.sample_id == "val1.png"
    assert dataset.gaze.frame(sample.place) == dataset.images.size(sample.place) == (16, 24)
    assert dataset.gaze.fixations(sample.place).tolist() == [[6.0, 7.5], [7.0, 7.5]]
    assert dataset.gaze.viewers(sample.place).tolist() == [0, 1]
    assert dataset.gaze.map(sample.place) is None
    assert dataset.images.rgb(sample.place, 8, 12).shape == (8, 12, 3)


@pytest.mark.usefixtures("pretended_videos")
@pytest.mark.parametrize(
    ("header", "start", "lasts"),
    [
        ("video,subject,start_ms,duration_ms,x,y", 500, 300),
        ("video,subject,start,duration,x,y", 0.5, 0.3),
        ("video_name,observer,onset_s,dur_ms,fix_x,fix_y", 0.5, 300),
    ],
)
def test_times_become_the_frames_that_begin_meanwhile(
    tmp_path: Path, header: str, start: float, lasts: float
) -> None:
    rows: list[tuple[object, ...]] = [(f"{n:03d}", "ann", start, lasts, 10 + n, 20) for n in range(3)]
    dataset = load_gaze(videos(tmp_path / "set", rows, header=header))
    assert isinstance(dataset, GazeVideoDataset)
    assert dataset.kind == "gaze_video"
    sample = dataset.splits["test"][0]
    seen = [frame for frame in range(20) if len(dataset.gaze.fixations(sample.place, frame))]
    assert seen == [5, 6, 7]
    assert dataset.gaze.frame(sample.place) == (48, 64)
    assert dataset.rates[sample.place] == 10.0
    assert dataset.clips.frames(sample.place) == 20


@pytest.mark.usefixtures("pretended_videos")
def test_a_table_may_name_frames_and_a_short_look_counts_for_one(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(f"{n:03d}.mp4", 4, 1, 2) for n in range(3)]
    by_frame = load_gaze(videos(tmp_path / "a", rows, header="video,frame,x,y"))
    at = by_frame.splits["train"][0].place
    assert [frame for frame in range(20) if len(by_frame.gaze.fixations(at, frame))] == [4]
    rows = [(f"{n:03d}.mp4", 0.449, 0.0, 1, 2) for n in range(3)]
    short = load_gaze(videos(tmp_path / "b", rows, header="video,time,duration,x,y"))
    at = short.splits["train"][0].place
    assert [frame for frame in range(20) if len(short.gaze.fixations(at, frame))] == [4]


def test_maps_and_fixated_pixels_lie_beside_pictures_of_the_same_name(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {}
    for number, split in enumerate(SPLITS):
        files[f"{split}/images/a.png"] = picture(number)
        files[f"{split}/maps/a.png"] = spots((number, 2), width=12, height=8)
        files[f"{split}/fixations/a.png"] = spots((3, 4), (5, 6), width=12, height=8)
    dataset = load_gaze(write(tmp_path / "set", files))
    place = dataset.splits["val"][0].place
    map_HW = dataset.gaze.map(place)
    assert map_HW is not None
    assert map_HW.shape == (8, 12)  # as it is
    assert map_HW[1, 2] == 255
    # the middles of fixated pixels, in pixels of the picture, which is twice as large
    assert dataset.gaze.fixations(place).tolist() == [[9.0, 7.0], [13.0, 11.0]]
    assert dataset.gaze.viewers(place).tolist() == [-1, -1]


@pytest.mark.usefixtures("pretended_videos")
def test_the_folders_of_dhf1k_have_a_map_for_each_frame(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"video/{n:03d}.AVI": clip(n, frames=3) for n in (1, 2, 3)}
    for n in (1, 2, 3):
        for frame in (1, 3):
            files[f"annotation/{n:04d}/maps/{frame:04d}.png"] = spots((n, frame), width=64, height=48)
            files[f"annotation/{n:04d}/fixation/{frame:04d}.png"] = spots((n, 2 * frame), width=64, height=48)
    dataset = load_gaze(write(tmp_path / "set", files))
    assert dataset.kind == "gaze_video"
    samples = {one.sample_id: one.place for split in SPLITS for one in dataset.splits[split]}
    assert sorted(samples) == ["001", "002", "003"]
    place = samples["002"]
    assert [dataset.gaze.map(place, frame) is not None for frame in range(3)] == [True, False, True]
    assert dataset.gaze.fixations(place, 2).tolist() == [[6.5, 2.5]]
    assert not len(dataset.gaze.fixations(place, 1))


@pytest.mark.usefixtures("pretended_videos")
def test_frames_may_be_handed_in_as_pictures(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {}
    for split in SPLITS:
        for frame in range(1, 4):
            for kind in ("images", "maps", "fixation"):
                files[f"{split}/film-{split}/{kind}/{frame:04d}.png"] = spots((frame, len(split)))
    handed = find_gaze([write(tmp_path / "set", files)], name="set")
    assert handed.kind == "gaze_video"
    assert {row.sample_id: row.split for row in handed.rows} == {
        f"{split}/film-{split}": split for split in SPLITS
    }
    assert all(len(one.maps) == len(one.points) == 3 for one in handed.looked)
    assert [one.code for one in handed.found] == ["assumed_rate"]


def test_rows_that_say_nothing_and_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set")
    with (folder / "fixations.csv").open("a") as file:
        file.write(
            "train0.png,0,train,left,3\nghost.png,0,train,1,2\ntrain0.png,0,nowhere,1,2\n,0,train,1,2\n"
        )
    codes = [(one.code, one.line) for one in find_gaze([folder], name="set").found]
    assert codes == [
        ("unreadable_rows", 14),
        ("unreadable_rows", 16),
        ("unreadable_rows", 17),
        ("missing_files", 15),
    ]
    with pytest.raises(DataError, match=r"fixations.csv, row 14: train0.png: its place or time is no pair"):
        load_gaze(folder)


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ("leads out of the dataset", "../a.png,0,train,1,2"),
        ("is in two splits", "train0.png,0,test,1,2"),
    ],
)
def test_what_would_lead_elsewhere_is_refused(tmp_path: Path, said: str, row: str) -> None:
    folder = pictures(tmp_path / "set")
    with (folder / "fixations.csv").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(DataError, match=said):
        find_gaze([folder], name="set")


def test_a_folder_without_gaze_is_refused_with_what_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds nothing that people looked at; accepted are a CSV"):
        load_gaze(write(tmp_path / "set", {"images/a.png": picture(1)}))


def test_a_map_that_is_no_picture_is_refused() -> None:
    with pytest.raises(DataError, match="cannot be decoded"):
        grey_of(b"no picture")
    assert np.array_equal(grey_of(spots((1, 2)))[1, :4], [0, 0, 255, 0])


def test_a_class_that_is_called_maps_makes_no_gaze_of_labelled_images(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        f"{split}/{label}/{number}.png": picture(number)
        for split in SPLITS
        for label in ("maps", "plans")
        for number in range(2)
    }
    assert task_of(write(tmp_path / "set", files)) == "classification"


@pytest.mark.usefixtures("pretended_videos")
def test_labelled_clips_beside_a_table_without_places_are_no_gaze(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"jump/{number}.mp4": clip(number) for number in range(2)}
    files["labels.csv"] = "file,label\njump/0.mp4,jump\njump/1.mp4,run\n"
    assert task_of(write(tmp_path / "set", files)) == "classification"
