from __future__ import annotations

import json
from typing import Any

from webapp.plots import histograms, positions, quality_bars


def told(edges: list[float], **counts: list[int]) -> dict[str, Any]:
    mean = dict.fromkeys(counts, 0.5)
    return {"edges": edges, "counts": counts, "mean": mean, "median": mean}


def test_splits_are_shares_of_themselves_so_that_they_can_be_compared() -> None:
    chart = histograms({"words": told([0, 1, 2], train=[30, 10], val=[3, 1], test=[0, 0])})[0]
    assert [trace["name"] for trace in chart["traces"]] == ["train", "val"]
    assert chart["traces"][0]["y"] == chart["traces"][1]["y"] == [0.75, 0.25, 0.25]
    assert [entry["split"] for entry in chart["legend"]] == ["train", "val"]


def test_each_distribution_is_told_in_its_unit() -> None:
    edges = [0.0, 0.5, 1.0]
    charts = histograms({key: told(edges, train=[1, 1]) for key in ("window_share", "duration", "words")})
    assert [(chart["key"], chart["legend"][0]["mean"]) for chart in charts] == [
        ("duration", "0.5 s"),
        ("window-share", "50.0 %"),
        ("words", "0.5"),
    ]


def test_what_is_the_same_everywhere_is_not_drawn() -> None:
    assert histograms({"windows_per_query": told([0.5, 1.5, 2.5], train=[9, 0], val=[4, 0])}) == []
    assert histograms({"words": {}, "duration": None}) == []


def test_a_last_bin_that_reaches_far_is_drawn_as_wide_as_the_others() -> None:
    chart = histograms({"duration": told([0, 10, 20, 900], train=[5, 5, 1])})[0]
    assert chart["traces"][0]["x"] == [0, 10, 20, 30]
    assert "the last step holds all above" in chart["layout"]["xaxis"]["title"]["text"]


def test_windows_lie_with_their_start_to_the_right_and_their_end_upwards() -> None:
    chart = positions(
        {"position": {"bins": 2, "counts": {"train": [[1, 3], [0, 0]], "val": [[0, 0], [0, 0]]}}}
    )
    assert [plot["title"] for plot in chart] == ["train"]
    assert chart[0]["traces"][0]["z"] == [[0.25, None], [0.75, None]]
    assert chart[0]["total"] == 4


def test_a_teacher_stands_beside_blind() -> None:
    chart = quality_bars([("mIoU", 0.4, 0.2), ("R1@0.5", 0.3, None)])
    assert [trace["y"] for trace in chart["traces"]] == [[0.4, 0.3], [0.2, None]]
    json.dumps(chart, allow_nan=False)
