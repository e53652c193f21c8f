"""Sealed clips say what was handed in, and are read as such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtkd_engine.data.clips import ingesting
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.selecting import select_labelled
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.selections import Selection
from tests.engine.data.clips.checked import check, clips_of, found
from tests.engine.data.clips.doubles import SPLITS, clip, pretended, write

pytestmark = pytest.mark.usefixtures("pretend")


def test_nothing_wrong_is_sealed_at_once_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    report = check(folder, seal=tmp_path / "sealed")
    assert (report["problems"], report["sealed"], report["task"], report["data"]) == (
        [],
        True,
        "classification",
        "clips",
    )
    assert report["splits"]["train"] == {
        "samples": 6,
        "sources": 6,
        "classes": 2,
        "frames": 120,
        "seconds": 12.0,
    }
    assert report["class_counts"] == {split: [3, 3] for split in SPLITS}
    assert report["statistics"]["balance"]["ratio"] == 1
    sealed, raw = clips_of(tmp_path / "sealed"), clips_of(folder)
    assert report["content_hash"] == sealed.content_hash == raw.content_hash
    assert report["bytes"] == sum(file.stat().st_size for file in (tmp_path / "sealed").iterdir())
    for split in SPLITS:
        for one, other in zip(sealed.splits[split], raw.splits[split], strict=True):
            assert (one.sample_id, one.source_id, one.label) == (
                other.sample_id,
                other.source_id,
                other.label,
            )
            assert sealed.clips.stream(one.place) == raw.clips.stream(other.place)
            assert sealed.clips.gops(one.place) == raw.clips.gops(other.place) == (0, 12)
            assert sealed.clips.frames(one.place) == raw.clips.frames(other.place) == 20
            assert np.array_equal(sealed.clips.grid(one.place), raw.clips.grid(other.place))


def test_a_sealed_folder_says_what_lies_in_it(folder: Path, tmp_path: Path) -> None:
    check(folder, seal=tmp_path / "sealed")
    stated = json.loads((tmp_path / "sealed" / "dataset.json").read_text())
    assert (stated["task"], stated["kind"], stated["splits"]) == (
        "classification",
        "clips",
        dict.fromkeys(SPLITS, 6),
    )
    assert sorted(path.name for path in (tmp_path / "sealed").iterdir()) == [
        "clips.bin", "clips.idx", "dataset.json", "frames.idx", "images.bin", "images.idx", "motion.bin",
        "plays.bin", "plays.idx", "samples.idx", "samples.jsonl",
    ]  # fmt: skip


def test_no_stream_is_made_twice_in_one_work_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, {"train/jump/new.mp4": clip(1)})
    check(folder, seal=tmp_path / "sealed", work=tmp_path / "work")

    def none_left(sources: Any, **others: Any) -> Any:
        raise AssertionError(sources)

    monkeypatch.setattr(ingesting, "ingest", none_left)
    report = check(folder, accept=["drop_duplicates"], seal=tmp_path / "sealed", work=tmp_path / "work")
    assert report["sealed"]
    assert report["repairs"][0]["accepted"]


def test_how_far_a_check_is_can_be_watched(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, int, int]] = []
    monkeypatch.setattr(Progress, "say", lambda self, part, *, done=0, of=0: said.append((part, done, of)))
    check(folder, seal=tmp_path / "sealed")
    assert said == [
        ("clips", 0, 18),
        *((part, done, 18) for part in ("clips", "sealing") for done in range(1, 19)),
    ]


def test_a_sealed_dataset_that_is_handed_in_is_encoded_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(folder, seal=tmp_path / "sealed")
    read: list[bytes] = []

    def recording(sources: Any, **others: Any) -> Any:
        read.extend(source.read_bytes() for source in sources)
        return pretended(sources, **others)

    monkeypatch.setattr(ingesting, "ingest", recording)
    report = check(tmp_path / "sealed", seal=tmp_path / "again")
    assert (found(report), report["format"], report["sealed"]) == (
        {"encoded_again": 1},
        "mtkd.dataset/2",
        True,
    )
    assert len(read) == 18
    one, other = clips_of(tmp_path / "sealed"), clips_of(tmp_path / "again")
    assert {s.sample_id for s in one.splits["test"]} == {s.sample_id for s in other.splits["test"]}


@pytest.mark.parametrize(
    "name", ["clips.bin", "clips.idx", "frames.idx", "motion.bin", "samples.jsonl", "dataset.json"]
)
def test_a_sealed_folder_that_is_not_whole_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    check(folder, seal=tmp_path / "sealed")
    path = tmp_path / "sealed" / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError):
        load_clips(tmp_path / "sealed")


def test_streams_are_left_for_the_next_job(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_clips(folder, cache=tmp_path / "cache")
    monkeypatch.setattr(ingesting, "ingest", None)
    assert len(load_clips(folder, cache=tmp_path / "cache").splits["train"]) == 6


def test_a_part_of_clips_has_a_hash_of_its_own(folder: Path) -> None:
    whole = clips_of(folder)
    part = select_labelled(
        whole,
        leave_out=[Selection("odd", ("train/run/1.mp4",))],
        test_on=Selection("few", ("val/run/1.mp4",)),
    )
    assert [len(part.splits[split]) for split in SPLITS] == [5, 5, 1]
    assert (part.selected_from, list(part.moved_to_test)) == (whole.content_hash, ["val/run/1.mp4"])
    assert part.clips is whole.clips


def test_equal_clips_on_both_sides_are_not_worked_on(folder: Path) -> None:
    write(folder, {"train/jump/new.mp4": clip(17)})
    with pytest.raises(
        DataError, match=r"'test/run/2\.mp4' of test is the same clip as 'train/jump/new\.mp4' of train"
    ):
        load_clips(folder)
