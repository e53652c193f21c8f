"""One evaluator: real time stamps, >=, ends cut at the video's end, the best of several true windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtkd_engine.tasks.grounding import evaluate, iou

times = st.floats(0.0, 100.0)
windows = st.tuples(times, times).map(lambda ends: tuple(sorted(ends)))


def test_overlap_of_exactly_one_half_counts() -> None:
    metrics, overlaps = evaluate([(0.0, 1.0)], [[(0.0, 2.0)]])
    assert overlaps.tolist() == [0.5]
    assert metrics == {"r1@0.3": 1.0, "r1@0.5": 1.0, "r1@0.7": 0.0, "miou": 0.5}


def test_the_best_matching_true_window_counts() -> None:
    metrics, _ = evaluate([(4.0, 6.0)], [[(0.0, 1.0), (4.0, 6.0)]])
    assert metrics["miou"] == 1.0


def test_samples_may_have_different_numbers_of_windows() -> None:
    _, overlaps = evaluate([(0.0, 2.0), (0.0, 2.0)], [[(0.0, 2.0)], [(5.0, 6.0), (0.0, 1.0), (1.0, 2.0)]])
    assert overlaps.tolist() == [1.0, 0.5]


def test_ends_beyond_the_video_are_cut_on_both_sides() -> None:
    _, overlaps = evaluate([(5.0, 14.0)], [[(5.0, 12.0)]], durations=[10.0])
    assert overlaps.tolist() == [1.0]


def test_two_empty_windows_do_not_overlap() -> None:
    assert iou((3.0, 3.0), (3.0, 3.0)) == 0.0


def test_the_number_of_windows_must_fit() -> None:
    with pytest.raises(ValueError, match="given 1 for 2 samples"):
        evaluate([(0.0, 1.0)], [[(0.0, 1.0)], [(0.0, 1.0)]])


@given(windows, windows)
def test_overlap_is_symmetric_and_between_zero_and_one(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    overlap = float(iou(one, other))
    assert 0.0 <= overlap <= 1.0
    assert overlap == pytest.approx(float(iou(other, one)))
    if one[1] - one[0] > 1e-6:
        assert float(iou(one, one)) == pytest.approx(1.0)


def test_numpy_arrays_are_as_good_as_lists() -> None:
    metrics, _ = evaluate(np.array([[0.0, 2.0]]), [np.array([[0.0, 2.0]])], durations=np.array([2.0]))
    assert metrics["miou"] == 1.0
