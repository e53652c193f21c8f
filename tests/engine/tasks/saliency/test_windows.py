"""Windows cover a video, and what they say of one frame is averaged."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.tasks.saliency.windows import averaged, sampled, starts_of


@pytest.mark.parametrize(
    ("frames", "length", "stride", "starts"),
    [
        (10, 4, 2, [0, 2, 4, 6]),
        (11, 4, 3, [0, 3, 6, 7]),
        (4, 4, 2, [0]),
        (3, 4, 2, [0]),
        (9, 4, 4, [0, 4, 5]),
    ],
)
def test_windows_cover_every_frame_and_the_last_ends_with_the_video(
    frames: int, length: int, stride: int, starts: list[int]
) -> None:
    found = starts_of(frames, length=length, stride=stride)
    assert found == starts
    assert {at + step for at in found for step in range(length)} >= set(range(frames))
    assert max(frames - length, 0) == found[-1]


def test_frames_in_several_windows_are_averaged() -> None:
    first, second = torch.full((3, 2, 2), 1.0), torch.full((3, 2, 2), 4.0)
    found = averaged([first, second], [0, 2], frames=5)
    assert found[:, 0, 0].tolist() == [1.0, 1.0, 2.5, 4.0, 4.0]


def test_what_a_window_says_after_the_end_counts_for_nothing() -> None:
    window = torch.arange(4.0).view(4, 1, 1).expand(4, 2, 2)
    assert averaged([window], [0], frames=3)[:, 0, 0].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(("rate", "wanted", "step"), [(25, 5, 5), (24, 5, 5), (5, 25, 1), (30, 12, 2)])
def test_about_as_many_frames_a_second_are_seen_as_are_wanted(rate: float, wanted: float, step: int) -> None:
    assert sampled(60, rate=rate, wanted=wanted) == range(0, 60, step)
