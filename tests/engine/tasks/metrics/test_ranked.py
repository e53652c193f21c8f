"""Several windows per sample: near repeats do not count twice, and mAP is that of QVHighlights."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtkd_engine.tasks.grounding.metrics import evaluate_ranked, iou
from mtkd_engine.tasks.grounding.metrics.ranked import MAP_THRESHOLDS, rank
from tests import real_data

Window = tuple[float, float]
ends = st.integers(0, 12)
windows = st.tuples(ends, st.integers(1, 6)).map(lambda drawn: (float(drawn[0]), float(sum(drawn))))


def precision(predicted: list[Window], truths: list[Window], least: float) -> float:
    """Average precision by its definition: step by step down the list, then the area under the envelope."""
    free, hits = list(truths), []
    for window in predicted:
        near = [truth for truth in free if iou(window, truth) >= least]
        if near:
            free.remove(max(near, key=lambda truth: float(iou(window, truth))))
        hits.append(bool(near))
    levels = [sum(hits[: place + 1]) / (place + 1) for place in range(len(hits))]
    return sum(max(levels[place:]) for place, hit in enumerate(hits) if hit) / len(truths)


def test_by_hand_two_true_windows_one_miss_between() -> None:
    predicted = [[(0.0, 10.0), (40.0, 50.0), (20.0, 30.0)]]
    values = evaluate_ranked(predicted, [[0.9, 0.8, 0.7]], [[(0.0, 10.0), (20.0, 30.0)]], [60.0])
    # Precision is 1 at recall 1/2 and 2/3 at recall 1, at every threshold alike.
    assert values["map"] == values["map@0.5"] == values["map@0.75"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_by_hand_one_loose_window() -> None:
    # IoU 8 / 10: found at 0.5 to 0.8, which are 7 of the 10 thresholds.
    values = evaluate_ranked([[(0.0, 8.0)]], [[1.0]], [[(0.0, 10.0)]], [10.0])
    assert values == {
        "r5@0.3": 1.0,
        "r5@0.5": 1.0,
        "r5@0.7": 1.0,
        "map@0.5": 1.0,
        "map@0.75": 1.0,
        "map": pytest.approx(0.7),
    }


def test_by_hand_the_hit_comes_second() -> None:
    values = evaluate_ranked([[(5.0, 6.0), (0.0, 4.0)]], [[0.2, 0.1]], [[(0.0, 4.0)]], [10.0])
    assert values["map"] == 0.5


def test_a_true_window_is_found_once() -> None:
    predicted, truths = [[(0.0, 10.0), (0.0, 9.5)]], [[(0.0, 10.0), (30.0, 40.0)]]
    assert evaluate_ranked(predicted, [[0.9, 0.8]], truths)["map@0.5"] == 0.5


def test_a_window_takes_the_true_window_it_overlaps_most() -> None:
    predicted, truths = [[(0.0, 10.0), (0.0, 7.0)]], [[(0.0, 6.0), (0.0, 9.0)]]
    assert evaluate_ranked(predicted, [[0.9, 0.8]], truths)["map@0.5"] == 1.0


def test_the_mean_is_over_samples() -> None:
    predicted = [[(0.0, 4.0)], [(5.0, 9.0)]]
    values = evaluate_ranked(predicted, [[1.0], [1.0]], [[(0.0, 4.0)], [(0.0, 4.0)]], [10.0, 10.0])
    assert (values["map"], values["r5@0.5"]) == (0.5, 0.5)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(windows, min_size=1, max_size=6), st.lists(windows, min_size=1, max_size=4)),
        min_size=1,
        max_size=6,
    )
)
def test_all_samples_at_once_are_what_the_definition_gives(
    samples: list[tuple[list[Window], list[Window]]],
) -> None:
    predicted_NK2 = np.zeros((len(samples), 6, 2))
    scores_NK = np.full((len(samples), 6), -np.inf)
    for row, (predicted, _) in enumerate(samples):
        predicted_NK2[row, : len(predicted)] = predicted
        scores_NK[row, : len(predicted)] = np.arange(len(predicted), 0, -1)
    values = evaluate_ranked(predicted_NK2, scores_NK, [truths for _, truths in samples])
    by_hand = [
        [precision(predicted, truths, least) for least in MAP_THRESHOLDS] for predicted, truths in samples
    ]
    assert values["map"] == pytest.approx(np.mean(by_hand))
    assert values["map@0.75"] == pytest.approx(np.mean(by_hand, axis=0)[MAP_THRESHOLDS.index(0.75)])


def test_any_of_the_best_five_counts_and_the_sixth_does_not() -> None:
    apart = [(10.0 * place, 10.0 * place + 5.0) for place in range(6)]
    scores = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    fifth, sixth = (evaluate_ranked([apart], [scores], [[apart[place]]])["r5@0.7"] for place in (4, 5))
    assert (fifth, sixth) == (1.0, 0.0)


def test_repeats_of_a_better_window_take_no_place_among_the_five() -> None:
    repeats = [(0.0, 10.0 + 0.1 * place) for place in range(5)]
    predicted, scores = [*repeats, (20.0, 30.0)], [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    assert evaluate_ranked([predicted], [scores], [[(20.0, 30.0)]])["r5@0.7"] == 1.0


def test_what_was_left_out_leaves_out_nothing_itself() -> None:
    # The second repeats the first; the third is like the second, but not like the first.
    found = rank([[(0.0, 10.0), (3.0, 11.0), (5.0, 12.0)]], [[3.0, 2.0, 1.0]], np.array([np.inf])).unlike()
    assert found.windows_NK2[0][found.there_NK[0]].tolist() == [[0.0, 10.0], [5.0, 12.0]]


def test_an_overlap_of_exactly_the_threshold_is_no_repeat() -> None:
    found = rank([[(0.0, 10.0), (0.0, 5.0)]], [[2.0, 1.0]], np.array([np.inf])).unlike()
    assert found.there_NK.all()


@pytest.mark.parametrize("absent", [float("-inf"), float("nan")])
def test_a_window_without_a_score_is_not_there(absent: float) -> None:
    truths = [[(5.0, 9.0)]]
    values = evaluate_ranked([[(0.0, 4.0), (5.0, 9.0)]], [[1.0, absent]], truths)
    assert set(values.values()) == {0.0}
    nowhere = evaluate_ranked([[(float("nan"), float("nan")), (5.0, 9.0)]], [[absent, -3.0]], truths)
    assert set(nowhere.values()) == {1.0}


def test_scores_rank_whatever_their_scale_and_order() -> None:
    listed = [[(20.0, 30.0), (0.0, 10.0)]]
    assert evaluate_ranked(listed, [[-7.0, -2.0]], [[(0.0, 10.0)]])["map"] == 1.0
    assert evaluate_ranked(listed, [[-2.0, -7.0]], [[(0.0, 10.0)]])["map"] == 0.5


def test_windows_are_cut_at_the_end_of_the_video() -> None:
    assert evaluate_ranked([[(5.0, 30.0)]], [[1.0]], [[(5.0, 12.0)]], [10.0])["map"] == 1.0


def test_only_the_best_ten_windows_count_for_precision() -> None:
    apart = [(10.0 * place, 10.0 * place + 5.0) for place in range(11)]
    assert evaluate_ranked([apart], [np.arange(11.0, 0.0, -1.0)], [[apart[10]]])["map"] == 0.0


@pytest.mark.parametrize(
    ("windows_given", "scores", "truths", "said"),
    [
        (
            [[(0.0, 1.0)]],
            [[1.0, 2.0]],
            [[(0.0, 1.0)]],
            r"given shapes \(1, 1, 2\) and \(1, 2\) for 1 samples",
        ),
        ([[(0.0, 1.0)]], [[1.0]], [[(0.0, 1.0)]] * 2, "for 2 samples"),
        (np.zeros((0, 1, 2)), np.zeros((0, 1)), [], "given none"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    windows_given: object, scores: object, truths: list[list[Window]], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        evaluate_ranked(windows_given, scores, truths)  # type: ignore[arg-type]


@pytest.mark.skipif(not real_data.QVHIGHLIGHTS.is_dir(), reason=f"no real data at {real_data.QVHIGHLIGHTS}")
def test_published_predictions_score_near_what_their_authors_report() -> None:
    # Moment-DETR on all of val: mAP 32.2, 55.0 at 0.5 and 31.0 at 0.75; here on half of it.
    truths = {
        row["qid"]: row["relevant_windows"]
        for row in map(json.loads, (real_data.QVHIGHLIGHTS / "annotations.jsonl").read_text().splitlines())
    }
    with gzip.open(real_data.QVHIGHLIGHTS / "predictions" / "momentdetr.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    predicted_NK3 = np.array([row["pred_relevant_windows"] for row in rows])
    true = [truths[row["qid"]] for row in rows]
    values = evaluate_ranked(predicted_NK3[..., :2], predicted_NK3[..., 2], true)
    assert values["map"] == pytest.approx(0.322, abs=0.03)
    assert values["map@0.5"] == pytest.approx(0.55, abs=0.03)
    assert values["map@0.75"] == pytest.approx(0.31, abs=0.03)
    listed = zip(predicted_NK3[:99, :, :2].tolist(), true[:99], strict=True)
    by_hand = [precision(row, truth, 0.5) for row, truth in listed]
    first = evaluate_ranked(predicted_NK3[:99, :, :2], predicted_NK3[:99, :, 2], true[:99])
    assert first["map@0.5"] == pytest.approx(np.mean(by_hand))
