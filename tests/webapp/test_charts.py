from __future__ import annotations

from webapp.charts import job_charts, weight_chart
from webapp.pages.result import result_rows

TAUGHT = {"teachers": [{"name": "a"}], "method": {"kind": "emtm", "beliefs": "out_of_fold"}}
SOLO = {"teachers": [], "method": {"kind": "solo"}}


def test_a_taught_job_has_fold_curves_and_a_heatmap() -> None:
    assert [chart["key"] for chart in job_charts(TAUGHT)] == ["loss", "val", "lr", "grad", "fold"]
    weights = weight_chart(TAUGHT)
    assert weights is not None
    assert weights["teachers"] == ["a"]


def test_a_solo_job_has_neither() -> None:
    assert [chart["key"] for chart in job_charts(SOLO)] == ["loss", "val", "lr", "grad"]
    assert weight_chart(SOLO) is None


def test_curves_are_svg_and_keep_their_zoom() -> None:
    for chart in job_charts(TAUGHT):
        assert chart["trace"]["type"] == "scatter"
        assert chart["layout"]["uirevision"] == "keep"


def test_a_result_without_metrics_has_no_rows() -> None:
    assert result_rows(None) == []
    assert result_rows({"note": "old"}) == []


def test_the_lead_of_the_student_is_in_points() -> None:
    rows = result_rows({"metrics": {"miou": 0.5}, "baselines": {"blind": {"miou": 0.3}, "teacher:x": {}}})
    assert [row.title for row in rows] == ["Student", "Blind", "x"]
    blind = rows[1].cells[3]
    assert blind.gain is not None
    assert round(blind.gain, 6) == 20
    assert rows[2].cells[3].value is None
