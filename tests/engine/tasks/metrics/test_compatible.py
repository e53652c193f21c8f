"""How others count: true windows on the clip grid, strict thresholds, means of the best three."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtkd_engine.tasks.grounding.metrics import compatible, evaluate, iou
from mtkd_engine.tasks.grounding.metrics.compatible import snap


def brute_force(window: tuple[float, float], *, clips: int, duration: float) -> float:
    """The best IoU that any window of whole clips has with this one."""
    edges = np.arange(clips + 1) / clips * duration
    return max(
        float(iou((edges[start], edges[end]), window))
        for start in range(clips)
        for end in range(start + 1, clips + 1)
    )


@settings(deadline=None)
@given(st.floats(0.0, 0.98), st.floats(0.01, 1.0), st.integers(1, 9), st.floats(1.0, 90.0))
def test_no_window_of_whole_clips_overlaps_more_than_the_snapped_one(
    start: float, length: float, clips: int, duration: float
) -> None:
    window = (start * duration, min(start + length, 1.0) * duration)
    snapped_M2 = snap(np.array([window]), clips=[clips], durations=[duration])
    found = float(iou(snapped_M2[0], window))
    assert found == pytest.approx(brute_force(window, clips=clips, duration=duration))
    on_grid = snapped_M2 / duration * clips
    assert on_grid == pytest.approx(np.round(on_grid), abs=1e-6)


def test_a_window_on_the_grid_stays() -> None:
    snapped_M2 = snap(np.array([(3.0, 9.0)]), clips=[10], durations=[30.0])
    assert snapped_M2.tolist() == [[3.0, 9.0]]


def test_by_hand_snapping_turns_a_near_miss_into_a_hit() -> None:
    # Clips of 2 s. The true window 0.9..4.0 becomes 0..4, which the prediction 0..6 overlaps by 4/6, not 3.1/6.
    found = compatible([(0.0, 6.0)], [[(0.9, 4.0)]], [10.0], 5)["snapped"]
    assert found["miou"] == pytest.approx(4 / 6)
    assert (found["r1@0.3"], found["r1@0.5"], found["r1@0.7"]) == (1.0, 1.0, 0.0)
    assert evaluate([(0.0, 6.0)], [[(0.9, 4.0)]])[0]["miou"] == pytest.approx(3.1 / 6)


def test_snapped_windows_still_count_at_exactly_the_threshold() -> None:
    assert compatible([(0.0, 4.0)], [[(0.0, 2.0)]], [10.0], 5)["snapped"]["r1@0.5"] == 1.0


def test_an_overlap_of_exactly_the_threshold_is_no_hit_for_2d_tan() -> None:
    found = compatible([(0.0, 4.0)], [[(0.0, 2.0)]], [10.0], 5)["2d-tan"]
    assert (found["r1@0.3"], found["r1@0.5"]) == (1.0, 0.0)


def test_by_hand_the_mean_of_the_best_three_of_five() -> None:
    # Overlaps with 0..10 are 0.2, 1, 0.5 and nothing; each window overlaps the others by half at most.
    windows = [[(0.0, 2.0), (0.0, 10.0), (5.0, 10.0), (20.0, 30.0)]]
    found = compatible(windows, [[(0.0, 10.0)]], [60.0], 6, scores=[[4.0, 3.0, 2.0, 1.0]])["2d-tan"]
    assert found["miou"] == pytest.approx((1.0 + 0.5 + 0.2) / 3)
    assert found["miou_first"] == pytest.approx(0.2)
    assert (found["r1@0.5"], found["r5@0.5"], found["r5@0.7"]) == (0.0, 1.0, 1.0)


def test_fewer_than_three_windows_are_averaged_as_many_as_there_are() -> None:
    windows = [[(0.0, 10.0), (20.0, 30.0), (0.0, 0.0)]]
    scores = [[2.0, 1.0, float("-inf")]]
    assert compatible(windows, [[(0.0, 10.0)]], [60.0], 6, scores=scores)["2d-tan"]["miou"] == 0.5


def test_windows_without_scores_are_best_first() -> None:
    windows = [[(0.0, 10.0), (20.0, 30.0)]]
    assert compatible(windows, [[(0.0, 10.0)]], [60.0], 6)["2d-tan"]["miou_first"] == 1.0


def test_one_window_a_sample_has_no_five() -> None:
    assert set(compatible([(0.0, 1.0)], [[(0.0, 1.0)]], [2.0], 2)["2d-tan"]) == {
        "r1@0.3",
        "r1@0.5",
        "r1@0.7",
        "miou",
        "miou_first",
    }


def test_grids_differ_by_sample() -> None:
    found = compatible([(0.0, 5.0)] * 2, [[(0.0, 6.0)]] * 2, [10.0, 10.0], [2, 10])["snapped"]
    assert found["miou"] == pytest.approx((1.0 + 5 / 6) / 2)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="for 1 samples"):
        compatible([(0.0, 1.0)] * 2, [[(0.0, 1.0)]], [2.0], 2)
