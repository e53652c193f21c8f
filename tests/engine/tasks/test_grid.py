"""Seconds and clips: every end goes to the nearest boundary."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from mtkd_engine.tasks.grounding.grid import cells_of_windows, nearest_cells, windows_of_cells


def on_grid(start: float, end: float, *, duration: float, clips: int) -> tuple[int, int]:
    first_B, last_B = cells_of_windows(
        torch.tensor([[start, end]], dtype=torch.float64),
        durations_B=torch.tensor([duration], dtype=torch.float64),
        clips_B=torch.tensor([clips]),
    )
    return int(first_B), int(last_B)


def test_a_window_on_the_grid_keeps_its_clips() -> None:
    assert on_grid(2.0, 6.0, duration=10.0, clips=5) == (1, 2)
    assert on_grid(0.0, 10.0, duration=10.0, clips=5) == (0, 4)


def test_a_window_shorter_than_a_clip_keeps_the_clip_of_its_middle() -> None:
    assert on_grid(4.2, 4.6, duration=10.0, clips=5) == (2, 2)
    assert on_grid(9.99, 10.0, duration=10.0, clips=5) == (4, 4)


def test_ends_beyond_the_video_stay_inside() -> None:
    assert on_grid(8.0, 14.0, duration=10.0, clips=5) == (4, 4)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_cells_move_by_half_a_clip_or_become_one(from_clips: int, to_clips: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, from_clips - 1))
    last = data.draw(st.integers(first, from_clips - 1))
    at_first, at_last = nearest_cells(
        torch.tensor(first),
        torch.tensor(last),
        from_clips=torch.tensor(from_clips),
        to_clips=torch.tensor(to_clips),
    )
    assert 0 <= int(at_first) <= int(at_last) < to_clips
    moved = (
        abs(int(at_first) / to_clips - first / from_clips),
        abs((int(at_last) + 1) / to_clips - (last + 1) / from_clips),
    )
    became_one_clip = at_first == at_last and (last + 1 - first) / from_clips < 1 / to_clips
    assert max(moved) <= 0.5 / to_clips + 1e-9 or became_one_clip


@given(st.integers(1, 40), st.data())
def test_seconds_and_cells_agree(clips: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, clips - 1))
    last = data.draw(st.integers(first, clips - 1))
    duration = data.draw(st.floats(0.5, 500.0))
    window_2 = windows_of_cells(
        torch.tensor(first), torch.tensor(last), durations=torch.tensor(duration), clips=torch.tensor(clips)
    )
    start, end = window_2.tolist()
    assert on_grid(start, end, duration=float(torch.tensor(duration)), clips=clips) == (first, last)
