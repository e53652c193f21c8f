"""Videos are seen in windows of frames, each a sample of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtkd_engine.spec.dense.views import DenseAugmentSpec
from mtkd_engine.tasks.saliency import GazeVideoSplit
from tests.engine.tasks.saliency.made import HEIGHT, WIDTH, gaze_videos

pytestmark = pytest.mark.usefixtures("without_streams")


def split_of(name: str, **more: Any) -> GazeVideoSplit:
    """Windows of 4 frames, every 2, at 5 a second of 10."""
    asked: dict[str, Any] = {"frames": 4, "stride": 2, "rate": 5.0, "protocol": "dhf1k"}
    return GazeVideoSplit(gaze_videos(), name, height=HEIGHT, width=WIDTH, **{**asked, **more})


def test_windows_are_named_after_their_first_frame_in_the_video() -> None:
    split = split_of("train")
    assert [sample.sample_id for sample in split.samples] == ["film0@0", "film0@4", "film0@8", "film0@12"]
    assert {sample.source_id for sample in split.samples} == {"film0"}
    assert [sample.sample_id for sample in split_of("val").samples] == ["film1@0", "film1@4", "film1@6"]
    assert split.frames_of(1) == [2, 3, 4, 5]
    assert len(split.shown()) == 10
    assert split.shown()[3].frame == 6
    assert len(split.pool) == 10 + 7 + 2


def test_a_batch_has_frames_at_the_rate_and_the_density_of_each() -> None:
    batch = split_of("train").batch([2, 0])
    assert batch.inputs.shape == (2, 4, 3, HEIGHT, WIDTH)
    assert batch.inputs[0, :, 1, 0, 0].tolist() == [8, 10, 12, 14]
    assert batch.truth.shape == (2, 4, HEIGHT, WIDTH)
    torch.testing.assert_close(batch.truth.sum((2, 3)), torch.ones(2, 4))


def test_a_video_that_is_shorter_than_a_window_shows_its_last_frame_again() -> None:
    batch = split_of("test").batch([0])
    assert batch.sample_ids == ["film2@0"]
    assert batch.inputs[0, :, 1, 0, 0].tolist() == [0, 2, 2, 2]
    assert torch.equal(batch.truth[0, 1], batch.truth[0, 3])


def test_all_frames_are_seen_of_a_video_that_is_slower_than_what_is_wanted() -> None:
    split = split_of("train", rate=50.0)
    assert split.films[0].frames == range(20)


def test_all_frames_of_a_window_are_varied_alike() -> None:
    spec = DenseAugmentSpec(flip=True, scale=(0.5, 0.5), crop=True, brightness=0, contrast=0)
    split = split_of("train", augment=spec)
    batch = split.batch([0, 1, 2, 3], epoch=1)
    for frames in batch.inputs:
        shown = frames[:, 1] > 0  # frame 0 is black in this channel
        assert torch.equal(shown[1], shown[2])
        assert torch.equal(shown[2], shown[3])
    assert torch.equal(batch.inputs[1:2], split.batch([1], epoch=1).inputs)


def test_decoded_frames_are_left_for_the_next_job(tmp_path: Path) -> None:
    first = split_of("train", keep=tmp_path)
    whole = first.batch(range(4))
    kept = list(tmp_path.glob("frames-*-train-24x32.npy"))
    assert len(kept) == 1
    assert np.load(kept[0]).shape == (10, HEIGHT, WIDTH, 3)
    again = split_of("train", keep=tmp_path)
    assert torch.equal(again.batch(range(4)).inputs, whole.inputs)
    del first, again
    other = split_of("train", keep=tmp_path, rate=10.0)
    other.batch(range(len(other)))
    assert len(list(tmp_path.glob("frames-*.npy"))) == 2
