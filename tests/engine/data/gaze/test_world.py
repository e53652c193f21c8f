"""The generated world of gaze is the same every time, and what attracts people in it can be seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.dataset import GazeDataset, GazeVideoDataset
from mtkd_engine.data.gaze.density import density
from mtkd_engine.data.gaze.load import load_gaze
from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze, make_gaze_videos
from mtkd_engine.data.video.streams import decoded

FEW = LookedAtPerSplit(4, 2, 3)


def alike(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """The correlation of two maps."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    told = [make_gaze(tmp_path / name, pictures=FEW, seed=3) for name in ("a", "b")]
    assert told[0] == told[1]
    assert told[0]["splits"] == {"train": 4, "val": 2, "test": 3}
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(names) == 10
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_people_look_at_the_warm_blob_of_a_picture(tmp_path: Path) -> None:
    make_gaze(tmp_path / "world", pictures=FEW, size=48, difficulty=0.2)
    dataset = load_gaze(tmp_path / "world")
    assert isinstance(dataset, GazeDataset)
    assert [len(dataset.splits[split]) for split in ("train", "val", "test")] == [4, 2, 3]
    for sample in dataset.splits["train"]:
        pixels = dataset.images.rgb(sample.place, 48, 48).astype(np.float64)
        truth = density(dataset.gaze.fixations(sample.place), (48, 48), height=48, width=48, protocol="mit")
        assert len(dataset.gaze.fixations(sample.place)) == 20
        assert alike(pixels[..., 0] - pixels[..., 2], truth) > 0.4


def test_people_look_at_what_moves_in_a_video(tmp_path: Path) -> None:
    """A real video: its stream is ours, its fixations follow the blob."""
    make_gaze_videos(tmp_path / "world", videos=LookedAtPerSplit(1, 1, 1), frames=24, difficulty=0.0)
    dataset = load_gaze(tmp_path / "world")
    assert isinstance(dataset, GazeVideoDataset)
    sample = dataset.splits["test"][0]
    assert dataset.clips.frames(sample.place) == 24
    assert dataset.rates[sample.place] == 12.0
    assert dataset.gaze.frame(sample.place) == (72, 96)
    frames = decoded(dataset.clips.stream(sample.place), (0, 11, 23)).astype(np.float64)[..., 0]
    moved_HW = np.abs(frames[1] - frames[0]) + np.abs(frames[1] - frames[2])
    truth = density(dataset.gaze.fixations(sample.place, 11), (72, 96), height=256, width=340, protocol="mit")
    assert alike(moved_HW, truth) > 0.3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"difficulty": 2.0}, "difficulty: given 2.0, accepted is a number from 0 to 1"),
        ({"size": 4}, "size: given 4, accepted are 16 to 512 pixels"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path: Path, given: dict[str, float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        make_gaze(tmp_path / "world", pictures=FEW, **given)  # type: ignore[arg-type]
    assert not (tmp_path / "world").exists()


def test_videos_of_too_many_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="frames: given 601, accepted are 2 to 600"):
        make_gaze_videos(tmp_path / "world", frames=601)
