from __future__ import annotations

from webapp.charts import job_charts, own_charts, system_charts, weight_chart
from webapp.pages.result import result_rows

TAUGHT = {"teachers": [{"name": "a"}], "method": {"kind": "emtm", "beliefs": "out_of_fold"}}
SOLO = {"teachers": [], "method": {"kind": "solo"}}


def test_a_taught_job_has_fold_curves_and_a_heatmap() -> None:
    assert [chart["key"] for chart in job_charts(TAUGHT)] == ["loss", "val", "lr", "grad", "fold"]
    weights = weight_chart(TAUGHT)
    assert weights is not None
    assert weights["teachers"] == ["a"]


def test_every_loss_of_a_taught_job_is_explained() -> None:
    about = next(chart["about"] for chart in job_charts(TAUGHT) if chart["key"] == "loss")
    assert [part.split(":")[0] for part in about.split(" · ")] == ["hard", "kd", "gate", "twin", "align"]


def test_a_solo_job_has_neither() -> None:
    assert [chart["key"] for chart in job_charts(SOLO)] == ["loss", "val", "lr", "grad"]
    assert weight_chart(SOLO) is None


def test_what_is_no_share_stands_apart_from_those_in_percent() -> None:
    spec = {**TAUGHT, "task": "classification", "evaluation": {"compare_solo": True}}
    charts = {chart["key"]: chart for chart in job_charts(spec)}
    assert charts["val-nll"]["prefixes"] == charts["val"]["without"] == ["val/nll"]
    assert charts["solo-val-nll"]["prefixes"] == charts["solo"]["without"] == ["solo/val/nll"]


def test_what_of_maps_has_no_upper_end_stands_apart() -> None:
    charts = {chart["key"]: chart for chart in job_charts({"task": "saliency", "method": {"kind": "solo"}})}
    assert charts["val-far"]["prefixes"] == charts["val"]["without"] == ["val/nss", "val/kld"]
    assert "CC" in charts["val"]["about"]


def test_curves_are_svg_and_keep_their_zoom() -> None:
    for chart in job_charts(TAUGHT):
        assert chart["trace"]["type"] == "scatter"
        assert chart["layout"]["uirevision"] == "keep"


def test_teachers_stand_by_how_good_they_are() -> None:
    baselines = {
        "teacher:c": {"miou": 0.2},
        "teacher:a": {"miou": 0.3},
        "teacher:b": {},
        "blind": {"miou": 0.1},
    }
    rows = result_rows({"metrics": {"miou": 0.5}, "baselines": baselines})
    assert [row.key for row in rows] == ["student", "teacher:a", "teacher:c", "teacher:b", "blind"]


def test_where_the_best_teacher_changes_by_fold_each_keeps_its_own_row() -> None:
    baselines = {"best_single": {"miou": 0.4}, "teacher:x": {"miou": 0.4}, "teacher:y": {"miou": 0.3}}
    result = {"metrics": {"miou": 0.5}, "baselines": baselines, "best_single": "x"}
    rows = result_rows(result, method="aggregate")
    assert [row.title for row in rows] == ["Aggregated", "Best single teacher", "x", "y"]


def test_a_result_without_metrics_has_no_rows() -> None:
    assert result_rows(None) == []
    assert result_rows({"note": "old"}) == []


def test_the_lead_of_the_student_is_in_points() -> None:
    rows = result_rows({"metrics": {"miou": 0.5}, "baselines": {"blind": {"miou": 0.3}, "teacher:x": {}}})
    assert [row.title for row in rows] == ["Student", "x", "Blind"]
    blind = rows[2].cells[3]
    assert blind.gain is not None
    assert round(blind.gain, 6) == 20
    assert rows[1].cells[3].value is None


def test_the_best_is_marked_among_what_can_be_compared() -> None:
    baselines = {"oracle": {"miou": 0.9}, "uniform": {"miou": 0.6}, "teacher:x": {"miou": 0.6}}
    rows = result_rows({"metrics": {"miou": 0.5}, "baselines": baselines})
    assert {row.key: row.cells[3].is_best for row in rows} == {
        "student": False,
        "uniform": True,
        "teacher:x": True,
        "oracle": False,
    }


def test_a_student_without_rivals_wins_nothing() -> None:
    rows = result_rows({"metrics": {"miou": 0.5}, "baselines": {"blind": {"miou": 0.1}}})
    assert not any(cell.is_best for row in rows for cell in row.cells)


def test_the_best_teacher_is_named_on_its_own_row() -> None:
    baselines = {"best_single": {"miou": 0.4}, "teacher:x": {"miou": 0.4}}
    rows = result_rows({"metrics": {"miou": 0.5}, "baselines": baselines, "best_single": "x"})
    assert [row.title for row in rows] == ["Student", "x"]
    assert "best single teacher" in rows[1].help


def test_what_the_engine_takes_is_drawn_over_time_and_the_card_only_where_there_is_one() -> None:
    assert [chart["key"] for chart in system_charts("cpu")] == ["cpu", "memory", "disk"]
    on_a_card = system_charts("cuda:0")
    assert all(chart["by_time"] and chart["layout"]["xaxis"]["type"] == "date" for chart in on_a_card)
    assert (on_a_card[-1]["prefixes"], on_a_card[-1]["suffix"]) == (["system/gpu"], "/gpu")


def test_metrics_of_a_job_trained_elsewhere_are_drawn_by_what_stands_before_the_slash() -> None:
    charts = own_charts(["lr", "loss/kd", "loss/total", "acc/top1", "system/cpu"])
    assert [(chart["title"], chart["prefixes"]) for chart in charts] == [
        ("acc", ["acc/"]),
        ("loss", ["loss/"]),
        ("lr", ["lr"]),
    ]
    assert [chart["title"] for chart in own_charts([])] == ["loss", "val"]


def test_the_student_alone_is_drawn_where_it_is_trained() -> None:
    keys = [chart["key"] for chart in job_charts({**TAUGHT, "evaluation": {"compare_solo": True}})]
    assert keys == ["loss", "val", "lr", "grad", "solo", "solo-loss", "fold"]


def test_a_judged_aggregator_has_no_losses_to_draw() -> None:
    spec = {"teachers": [{"name": "a"}, {"name": "b"}], "method": {"kind": "aggregate"}}
    assert [chart["key"] for chart in job_charts(spec)] == ["gate", "fold"]
    assert weight_chart(spec) is not None
