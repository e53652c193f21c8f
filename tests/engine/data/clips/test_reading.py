"""Clips of every form of the field are read as the same datasets, whatever tool wrote their lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data.clips.dataset import ClipDataset
from mtkd_engine.data.clips.finding import find_clips, holds_clips
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.clips.rows import FrameFolder
from mtkd_engine.data.errors import DataError
from tests.engine.data.clips.doubles import CLASSES, SPLITS, clip, labels, told, videos, write

pytestmark = pytest.mark.usefixtures("pretend")


def loaded(folder: Path) -> ClipDataset:
    dataset = load_clips(folder)
    assert isinstance(dataset, ClipDataset)
    return dataset


def test_folders_of_classes_in_folders_of_splits(tmp_path: Path) -> None:
    for number, split in enumerate(("train", "valid", "test")):
        write(tmp_path / "set", {f"{split}/{c}/{c[0]}.mp4": clip(10 * number + len(c)) for c in CLASSES})
    dataset = loaded(tmp_path / "set")
    assert (dataset.classes, dataset.kind, dataset.task) == (CLASSES, "clips", "classification")
    first = dataset.splits["train"][0]
    assert (first.sample_id, first.source_id) == ("train/jump/j.mp4", "train/jump/j.mp4")
    assert dataset.clips.stream(first.place) == (tmp_path / "set" / first.sample_id).read_bytes()
    assert (dataset.clips.frames(first.place), dataset.clips.gops(first.place)) == (20, (0, 12))
    assert dataset.clips.grid(first.place).shape == (20, 32, 43, 2)


def test_folders_without_splits_are_divided_and_groups_stay_together(tmp_path: Path) -> None:
    names = [f"{c}/v_{c}_g{g:02}_c{n:02}.avi" for c in CLASSES for g in range(8) for n in range(3)]
    dataset = loaded(write(tmp_path / "set", {name: clip(number) for number, name in enumerate(names)}))
    groups = [{sample.source_id for sample in dataset.splits[split]} for split in SPLITS]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 16
    assert "v_run_g03" in set().union(*groups)
    assert all(groups)


def test_two_clips_with_one_name_are_two_sources(tmp_path: Path) -> None:
    handed = find_clips([videos(tmp_path / "set")], name="set")
    assert {row.source for row in handed.rows} == {row.sample_id for row in handed.rows}


@pytest.mark.parametrize(
    "line", ["{path} {number}", "{path},{number}", "{path} {name}", "{path} {name} {number}"]
)
def test_lists_of_videos_with_names_or_numbers(tmp_path: Path, line: str) -> None:
    folder = videos(tmp_path / "set", base="data/videos/")
    for split in SPLITS:
        rows = [
            line.format(path=f"{name}/{name[0]}{SPLITS.index(split)}.avi", number=number, name=name)
            for number, name in enumerate(CLASSES)
        ]
        write(folder, {f"lists/{split}.csv": "\n".join(rows)})
    handed = find_clips([folder], name="set")
    assert (handed.format, len(handed.rows)) == ("video_list", 6)
    assert [row.label for row in handed.rows] == [0, 1] * 3
    assert labels(handed)["run/r2.avi"][0] == "test"
    assert told(handed)["unlisted_clips"] == ["data/videos/jump/j3.avi", "data/videos/run/r3.avi"]


def test_lists_may_name_videos_by_the_ending_that_they_had(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set", ending=".mp4")
    write(folder, {"train.txt": "".join(f"{c}/{c[0]}{n}.avi {c}\n" for c in CLASSES for n in range(4))})
    handed = find_clips([folder], name="set")
    assert len(handed.rows) == 8
    assert "missing_files" not in told(handed)


def test_of_lists_for_several_divisions_the_first_is_read(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set")
    for division in (1, 2):
        for number, split in enumerate(("train", "test")):
            rows = "".join(f"{c}/{c[0]}{division - 1 + number}.avi {i}\n" for i, c in enumerate(CLASSES))
            write(folder, {f"set_{split}_split_{division}_videos.txt": rows})
    handed = find_clips([folder], name="set")
    assert {row.sample_id[-5] for row in handed.rows} == {"0", "1"}
    assert told(handed)["first_division"] == ["split 1 of 1, 2 is taken"]


def test_lists_of_raw_frames(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name, pattern in (("a", "img_{:05d}.jpg"), ("b", "{:06d}.jpg"), ("c", "image_{:04d}.png")):
        flow = {f"frames/{name}/flow_x_{n:05d}.jpg": b"flow" for n in range(1, 10)}
        write(
            folder, {f"frames/{name}/{pattern.format(n)}": f"{name}{n}".encode() for n in range(1, 13)} | flow
        )
    write(
        folder, {"train.txt": "a 12 0\nb 10 1\n", "test.txt": "c 5 1\n", "val.txt": "c 13 0\nd 4 0\nc 0 0\n"}
    )
    handed = find_clips([folder], name="set")
    assert (handed.format, handed.classes, handed.is_named) == ("frame_list", ("0", "1"), False)
    assert set(handed.given) == {
        FrameFolder(folder / "frames" / name, n) for name, n in (("a", 12), ("b", 10), ("c", 5))
    }
    assert told(handed)["missing_files"] == [
        "c: the folder holds 12 of its 13 frames",
        "d: the folder is not there",
    ]
    assert told(handed)["unreadable_rows"] == ["c: it has no frames"]


def test_frames_are_handed_over_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name in "abcd":
        write(folder, {f"{name}/{n}.jpg": f"{name}{n:02}" for n in range(1, 13)})
    write(folder, {"train.txt": "a 12 0\nb 11 1\n", "val.txt": "c 12 0\n", "test.txt": "d 4 0\n"})
    dataset = loaded(folder)
    assert [dataset.clips.frames(sample.place) for sample in dataset.splits["train"]] == [12, 11]
    assert [dataset.clips.frames(dataset.splits[split][0].place) for split in ("val", "test")] == [12, 4]


def test_classes_json_and_sources_csv_beside_clips_count(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set")
    write(
        folder,
        {
            "classes.json": '["run", "jump", "fly"]',
            "sources.csv": "id,source\nrun/r0.avi,film\njump/j0.avi,film\n",
        },
    )
    handed = find_clips([folder], name="set")
    assert handed.classes == ("run", "jump", "fly")
    assert {row.sample_id for row in handed.rows if row.source_id == "film"} == {"run/r0.avi", "jump/j0.avi"}
    assert labels(handed)["run/r0.avi"] == (None, "run")


def test_what_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set")
    write(folder, {"train.txt": "jump/j0.avi 0\nrun/gone.avi 1\nrun/r0.avi\n"})
    handed = find_clips([folder], name="set")
    assert told(handed)["missing_files"] == ["run/gone.avi: the file is not there"]
    assert told(handed)["unreadable_rows"] == ["run/r0.avi: it has no label"]
    with pytest.raises(
        DataError, match=r"^train\.txt, row 3: run/r0\.avi: it has no label; a clip with a class is"
    ):
        load_clips(folder)


@pytest.mark.parametrize("line", ["/etc/passwd.mp4 0", "../../secret.mp4 0", "a/../../b 12 0", "C:/x.mp4 0"])
def test_lists_that_lead_out_of_the_dataset_are_refused(tmp_path: Path, line: str) -> None:
    folder = videos(tmp_path / "set")
    lists = {"train.txt": f"jump/j0.avi 0\njump/j1.avi 1\n{line}\n"}
    if "12" in line:
        write(folder, {"frames/a/img_1.jpg": b"", "frames/b/img_1.jpg": b""})
        lists = {"train.txt": f"a 1 0\nb 1 1\n{line}\n"}
    write(folder, lists)
    with pytest.raises(
        DataError, match=r"^train\.txt, row 3: .* leads out of the dataset; a path below its folder"
    ):
        find_clips([folder], name="set")


def test_links_out_of_the_dataset_are_not_there(tmp_path: Path) -> None:
    secret = write(tmp_path, {"secret.mp4": clip(9), "frames/1.jpg": b""})
    folder = videos(tmp_path / "set")
    (folder / "run" / "link.avi").symlink_to(secret / "secret.mp4")
    write(folder, {"train.txt": "jump/j0.avi 0\nrun/link.avi 1\n"})
    assert told(find_clips([folder], name="set"))["missing_files"] == ["run/link.avi: the file is not there"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"a.mp4": clip(1)},
            "set holds 1 video.s. but nothing that labels them; accepted are folders of classes",
        ),
        ({"a.md": b"x"}, "set holds no labelled clips; accepted are"),
        ({"run/a.mp4": clip(1), "run/b.mp4": clip(2)}, "holds 2 video.s. but nothing that labels them"),
        (
            {"train/run/a.mp4": clip(1), "train/jump/b.mp4": clip(2), "more/run/c.mp4": clip(3)},
            "'more', which is none",
        ),
        (
            {"train/run/a.mp4": clip(1), "train/jump/b.mp4": clip(2), "training/run/c.mp4": clip(3)},
            "several folders for one",
        ),
        (
            {"run/a.mp4": clip(1), "train.txt": "run/a.mp4 0", "x_train.txt": "run/a.mp4 0"},
            "several lists for the split train",
        ),
        (
            {"run/a.mp4": clip(1), "train.txt": "run/a.mp4 0", "rest.txt": "run/a.mp4 0"},
            "rest.txt tells no split",
        ),
        ({"run/a.mp4": clip(1), "train.txt": "run/a.mp4\nrun/b.mp4"}, "lists hold no clip with a label"),
    ],
)
def test_what_is_no_dataset_is_refused_with_what_would_be_one(
    tmp_path: Path, files: dict[str, bytes | str], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        find_clips([write(tmp_path / "set", files)], name="set")


def test_a_folder_of_one_folder_is_that_folder(tmp_path: Path) -> None:
    videos(tmp_path / "set", base="outer/inner/")
    assert len(find_clips([tmp_path / "set"], name="set").rows) == 8


def test_lists_may_come_in_an_archive_of_their_own(tmp_path: Path) -> None:
    clips, lists = videos(tmp_path / "clips"), tmp_path / "lists"
    write(
        lists, {"a/train.txt": "jump/j0.avi 0\nrun/r0.avi 1\n", "a/test.txt": "jump/j1.avi 0\nrun/r1.avi 1\n"}
    )
    assert holds_clips([clips, lists])
    handed = find_clips([clips, lists], name="set")
    assert (handed.format, len(handed.rows)) == ("video_list", 4)
    assert "missing_files" not in told(handed)


def test_the_same_paths_in_two_archives_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"'jump/j0\.avi' is in two and in another folder or archive; one is accepted"
    ):
        find_clips([videos(tmp_path / "one"), videos(tmp_path / "two")], name="set")


def test_clips_are_told_from_images_and_from_annotated_videos(tmp_path: Path) -> None:
    assert holds_clips([videos(tmp_path / "clips")])
    assert not holds_clips([write(tmp_path / "images", {"cat/a.png": b"", "dog/b.png": b""})])
    annotated = videos(tmp_path / "annotated")
    write(
        annotated,
        {
            "train.jsonl": '{"qid": 1, "query": "runs", "vid": "r0", "duration": 9, "relevant_windows": [[0, 2]]}'
        },
    )
    assert not holds_clips([annotated])


def test_a_form_that_is_asked_for_is_the_one_that_is_read(tmp_path: Path) -> None:
    folder = videos(tmp_path / "set")
    write(folder, {"train.txt": "jump/j0.avi 0\nrun/r0.avi 1\n"})
    assert find_clips([folder], name="set").format == "video_list"
    assert find_clips([folder], name="set", form="video_folders").format == "video_folders"
    with pytest.raises(DataError, match="no labelled clips of the form ucf101"):
        find_clips([folder], name="set", form="ucf101")
