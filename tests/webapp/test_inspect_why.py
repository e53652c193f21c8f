from __future__ import annotations

import pytest

from webapp.pages.inspect_why import Outcome, Told, overlap, why

NOTHING = Outcome(target=None, student=None, solo=None)


def told(
    name: str,
    weight: float | None,
    window: tuple[float, float] | None,
    score: float | None = None,
    iou: float | None = None,
) -> Told:
    return Told(name=name, weight=weight, window=window, score=score, iou=iou)


SPAN = told("span", 0.61, (2.0, 6.0), 0.9, 0.5)
MAP2D = told("map2d", 0.3, (2.0, 5.5), 0.7, 0.8)
PROPOSAL = told("proposal", 0.09, (15.0, 18.0), 0.2, 0.0)


def test_the_leader_is_told_by_agreement_and_confidence() -> None:
    sentences = why([MAP2D, SPAN, PROPOSAL], Outcome(target=0.7, student=0.75, solo=0.55), aggregator="kau")
    assert sentences == [
        "span leads with 0.61: it agrees with map2d (IoU 0.88) and is the most confident (score 0.90); "
        "proposal (IoU 0.00) disagrees.",
        "The target overlaps the truth by 0.70; map2d, with weight 0.30, is the nearest to it (0.80).",
        "The student reaches 0.75, 0.20 more than without teachers.",
    ]


def test_a_leader_who_stands_alone_and_is_not_sure_is_told_so() -> None:
    alone = told("proposal", 0.8, (15.0, 18.0), 0.2, 0.0)
    sentence = why([told("span", 0.2, (2.0, 6.0), 0.9, 0.0), alone], NOTHING, aggregator="kau_plus")
    assert sentence[0] == (
        "proposal leads with 0.80: it agrees with none of the others (IoU 0.00 at the most) and is not the most "
        "confident (score 0.20, span 0.90); span (IoU 0.00) disagrees."
    )
    assert sentence[1] == "No teacher found any of the truth."


@pytest.mark.parametrize("kind", ["uniform", "static", "best_single"])
def test_weights_that_are_the_same_everywhere_are_not_explained_by_the_sample(kind: str) -> None:
    sentence = why([SPAN, MAP2D], NOTHING, aggregator=kind)[0]
    assert "every sample" in sentence
    assert "IoU" not in sentence


def test_a_target_that_is_not_the_leaders_window_is_told_by_who_stands_behind_it() -> None:
    heavy = told("heavy", 0.4, (42.0, 48.0), 0.5, 0.0)
    near, owner = told("near", 0.35, (27.0, 36.0), 0.5, 0.0), told("owner", 0.25, (26.0, 36.0), 0.5, 0.0)
    target = Outcome(target=0.0, student=None, solo=None, window=(26.0, 36.0))
    assert why([heavy, near, owner], target, aggregator="static")[1] == (
        "The target is the window of owner (26.0–36.0 s); near it lies that of near (IoU 0.90), together 0.60 of the "
        "weight. That of heavy has 0.40 on or near it."
    )


def test_a_target_that_is_the_leaders_window_is_told_so() -> None:
    target = Outcome(target=0.5, student=None, solo=None, window=(2.0, 6.0))
    assert why([SPAN, MAP2D, PROPOSAL], target, aggregator="kau")[1] == (
        "The target is the window of span (2.0–6.0 s); near it lies that of map2d (IoU 0.88), together 0.91 of the "
        "weight."
    )
    alone = why([SPAN, PROPOSAL], target, aggregator="kau")[1]
    assert alone.endswith("span (2.0–6.0 s), 0.61 of the weight; no other best window lies near it.")


def test_a_target_between_windows_belongs_to_nobody() -> None:
    target = Outcome(target=0.5, student=None, solo=None, window=(3.0, 6.0))
    said = why([SPAN, MAP2D], target, aggregator="kau")[1]
    assert said == "The target (3.0–6.0 s) is no teacher's own best window."


def test_no_leader_is_made_up() -> None:
    near = [told("a", 0.34, None), told("b", 0.33, None), told("c", 0.33, None)]
    assert why(near, NOTHING, aggregator="kau") == [
        "No teacher leads: all weights lie between 0.33 and 0.34."
    ]
    assert why([told("a", 1.0, None)], NOTHING, aggregator="kau") == ["a is the only teacher."]
    assert why([told("a", None, (0.0, 1.0))], NOTHING, aggregator="kau") == []
    assert why([], Outcome(target=None, student=0.5, solo=0.501), aggregator="") == [
        "The student reaches 0.50, as much as without teachers."
    ]


def test_teachers_of_the_same_weight_are_tied_and_none_of_them_leads() -> None:
    tied = [told("span", 0.45, (2.0, 6.0), 0.9), told("b", 0.1, None), told("map2d", 0.45, None)]
    assert why(tied, NOTHING, aggregator="kau") == [
        "span and map2d are tied at 0.45; none of the others has more than 0.10."
    ]


def test_confidence_is_compared_only_where_all_are_known() -> None:
    sentence = why([SPAN, told("b", 0.3, (2.0, 6.0), None)], NOTHING, aggregator="kau")[0]
    assert sentence == "span leads with 0.61: it agrees with b (IoU 1.00)."


def test_windows_overlap_as_everywhere() -> None:
    assert overlap((0.0, 4.0), (2.0, 6.0)) == pytest.approx(1 / 3)
    assert overlap((0.0, 1.0), (2.0, 3.0)) == 0.0
    assert overlap((1.0, 1.0), (1.0, 1.0)) == 0.0
