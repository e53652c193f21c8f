"""One evaluator: real time stamps, >=, ends cut at the video's end, the best of several true windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtkd_engine.tasks.grounding import evaluate, iou
from mtkd_engine.tasks.grounding.metrics import late_ends

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


@settings(deadline=None)
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


def one_by_one(
    predicted: list[tuple[float, ...]], truths: list[list[tuple[float, ...]]], durations: list[float]
) -> list[float]:
    """What the definition says, sample by sample."""
    return [
        iou(np.minimum(window, limit), np.minimum(np.asarray(several), limit)).max()
        for window, several, limit in zip(predicted, truths, durations, strict=True)
    ]


@settings(deadline=None)
@given(
    st.lists(st.tuples(windows, st.lists(windows, min_size=1, max_size=4), times), min_size=1, max_size=20)
)
def test_all_samples_at_once_are_each_to_the_last_bit(
    given_samples: list[tuple[tuple[float, ...], list[tuple[float, ...]], float]],
) -> None:
    predicted, truths, durations = (list(part) for part in zip(*given_samples, strict=True))
    _, overlaps = evaluate(predicted, truths, durations=durations)
    assert overlaps.tolist() == one_by_one(predicted, truths, durations)


def test_ends_beyond_their_videos_are_counted() -> None:
    assert late_ends([(0.0, 5.0), (2.0, 11.0), (0.0, 10.0)], [10.0, 10.0, 10.0]) == 1
    assert late_ends(np.full((2, 3, 2), 4.0), [3.0, 4.0]) == 3


@pytest.mark.parametrize(
    ("truths", "durations", "said"),
    [
        ([[(0.0, 1.0)], []], None, "given no window for sample 1"),
        ([[(0.0, 1.0)], [(0.0, 1.0)]], [1.0], "durations: given 1 for 2 samples"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    truths: list[list[tuple[float, float]]], durations: list[float] | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        evaluate([(0.0, 1.0)] * 2, truths, durations=durations)
