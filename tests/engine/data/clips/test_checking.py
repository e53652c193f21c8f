"""The check of a dataset of clips: what is wrong is found, what can be mended is mended, the rest sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.data.clips.check.problems import KINDS, REPAIRS
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.errors import DataError, DatasetRefusedError
from tests.engine.data.clips.checked import check, check_refused, clips_of, details, found
from tests.engine.data.clips.doubles import SPLITS, clip, write

pytestmark = pytest.mark.usefixtures("pretend")


BROKEN = {
    "refused_clips": ("drop_clips", b"no video"),
    "short_clips": ("drop_short", clip(90, frames=15)),
    "shared_clips": ("drop_shared", clip(12)),
    "duplicate_clips": ("drop_duplicates", clip(1)),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_wrong_is_told_with_its_cure_and_cured(folder: Path, tmp_path: Path, code: str) -> None:
    repair, content = BROKEN[code]
    write(folder, {"train/jump/new.mp4": content})
    waiting = check(folder, seal=tmp_path / "sealed", work=tmp_path / "work")
    assert (found(waiting), waiting["sealed"]) == ({code: 1}, False)
    assert [one["name"] for one in waiting["repairs"]] == [repair]
    if KINDS[code].severity == "error":
        with pytest.raises(
            DatasetRefusedError, match=r"^train/jump/new\.mp4: .* accepted\.$|in one split only"
        ):
            check(folder, accept=[], seal=tmp_path / "sealed", work=tmp_path / "work")
    mended = check(folder, accept=[repair], seal=tmp_path / "sealed", work=tmp_path / "work")
    assert mended["sealed"]
    assert len(clips_of(tmp_path / "sealed").splits["train"]) == 6


def test_a_refused_video_is_told_by_name_and_code(folder: Path) -> None:
    write(folder, {"train/jump/new.mp4": b"no video"})
    report = check(folder)
    assert details(report, "refused_clips") == [
        "train/jump/new.mp4: is not a video; videos are accepted (not_a_video)"
    ]
    assert report["statistics"]["refused"] == {"not_a_video": 1}
    with pytest.raises(
        DataError, match=r"acts: train/jump/new\.mp4: new\.mp4 is not a video; .* a whole, plain video"
    ):
        load_clips(folder)


def test_how_few_frames_are_too_few_may_be_asked_for(folder: Path) -> None:
    assert details(check(folder, fewest=25), "short_clips")[0] == "test/jump/0.mp4: 20 frames, fewer than 25"
    assert found(check(folder, fewest=20)) == {}


def test_sources_in_several_splits_are_told_and_left_out_where_asked_to(folder: Path, tmp_path: Path) -> None:
    shared = {
        "train/jump/0.mp4": "film",
        "test/run/0.mp4": "film",
        "val/run/1.mp4": "reel",
        "train/run/1.mp4": "reel",
    }
    write(folder, {"sources.csv": "id,source\n" + "".join(f"{k},{v}\n" for k, v in shared.items())})
    report = check(folder)
    assert details(report, "shared_sources") == ["film in test, train", "reel in train, val"]
    check(folder, accept=["drop_shared_sources"], seal=tmp_path / "sealed")
    sealed = clips_of(tmp_path / "sealed")
    assert [len(sealed.splits[split]) for split in SPLITS] == [4, 6, 6]
    assert check(folder, accept=[], seal=tmp_path / "as it is")["sealed"]


def test_a_clip_listed_in_two_splits_is_shared_and_in_one_split_repeated(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "set", {f"{c}/{n}.mp4": clip(10 * len(c) + n) for c in ("jump", "run") for n in range(4)}
    )
    train = "".join(f"{c}/{n}.mp4 {c}\n" for c in ("jump", "run") for n in (0, 1))
    write(folder, {"train.txt": train + "run/0.mp4 run\n", "test.txt": "jump/1.mp4 jump\nrun/2.mp4 run\n"})
    write(folder, {"val.txt": "jump/3.mp4 jump\nrun/3.mp4 run\n"})
    assert found(check(folder)) == {"shared_clips": 1, "repeated_ids": 1, "unlisted_clips": 1}
    report = check(folder, accept=["drop_shared", "drop_duplicates"], seal=tmp_path / "sealed")
    assert report["splits"]["train"]["samples"] == 3
    write(folder, {"val.txt": "jump/3.mp4 run\njump/3.mp4 jump\nrun/2.mp4 run\n"})
    assert found(check_refused(folder))["conflicting_ids"] == 2


def test_unknown_labels_and_classes_without_clips_are_told(folder: Path, tmp_path: Path) -> None:
    write(
        folder,
        {
            "classes.json": '["jump", "run", "swim", "fly"]',
            "train/walk/a.mp4": clip(50),
            "test/fly/a.mp4": clip(51),
        },
    )
    write(folder, {"train/notes.md": b"x", "train/numbers.npz": b"x"})
    report = check(folder)
    assert found(report) == {
        "unknown_labels": 1,
        "untrained_classes": 1,
        "unused_classes": 1,
        "ignored_files": 2,
    }
    sealed = check(folder, accept=["drop_rows", "drop_untrained"], seal=tmp_path / "sealed")
    assert sealed["splits"]["test"]["samples"] == 6
    assert "fly" in clips_of(tmp_path / "sealed").classes


def test_lists_whose_labels_count_from_one_are_told_of(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {f"v/{c}{n}.mp4": clip(10 * c + n) for c in (1, 2) for n in range(9)})
    write(folder, {"list.txt": "".join(f"v/{c}{n}.mp4 {c}\n" for c in (1, 2) for n in range(9))})
    report = check(folder)
    assert found(report) == {"labels_from_one": 1, "unnamed_classes": 2, "split_made": 1}
    assert report["classes"] == ["1", "2"]
    write(folder, {"classes.json": '["a", "b", "c"]'})
    assert found(check(folder)) == {"labels_maybe_from_one": 1, "unused_classes": 1, "split_made": 1}


def test_what_was_done_to_videos_is_noted(folder: Path) -> None:
    write(folder, {"train/run/new.mp4": clip(60, note="It was cut short.")})
    assert details(check(folder), "adapted_clips") == ["train/run/new.mp4: It was cut short"]


def test_one_class_or_an_empty_split_is_no_dataset(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one",
        {"run/a.mp4": clip(1), "run/b.mp4": clip(2), "train.txt": "run/a.mp4 0\nrun/b.mp4 0\n"},
    )
    assert "too_few_classes" in found(check_refused(one))
    two = write(tmp_path / "two", {"run/a.mp4": clip(1), "jump/b.mp4": clip(2)})
    with pytest.raises(DatasetRefusedError, match="no clip of the split"):
        check(two)
    with pytest.raises(DataError, match="two has no samples for the split"):
        load_clips(two)


def test_unknown_repairs_are_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=", ".join(REPAIRS)):
        check(folder, accept=["clip_windows"])
