"""What a group says in words and as a plot."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from jobs.comparisons import Compared, GroupTable, Row, Spread
from jobs.queries.groups import Member
from mtkd_engine.spec.in_turn import CellText
from webapp.groups import cells_csv, group_plot, jobs_csv, metric_name, progress, verdicts

KAU = CellText("uniform weights", "KAU", "uniform weights")


def member(cell: str = "", seed: int = 1, state: str = "succeeded", value: float | None = 0.5) -> Member:
    return Member(
        id=seed,
        cell=cell,
        seed=seed,
        name=f"{cell} {seed}",
        state=state,
        is_cancelling=False,
        done=0,
        failure="",
        metrics={} if value is None else {"miou": value},
        samples=None,
    )


def row(cell: str = "", text: CellText = KAU, difference: Compared | None = None, **more: Any) -> Row:
    spread = Spread(n=3, mean=0.5, low=0.4, high=0.6, sd=0.1)
    given: dict[str, Any] = {
        "members": tuple(member(cell, seed) for seed in (1, 2, 3)),
        "spread": spread,
        **more,
    }
    return Row(cell=cell, text=text, difference=difference, **given)


def table(*rows: Row, metric: str = "miou") -> GroupTable:
    return GroupTable(metric=metric, metrics=(metric,), rows=rows)


def difference(mean: float, low: float, high: float, seeds: int = 3) -> Compared:
    return Compared(mean=mean, low=low, high=high, seeds=seeds, samples=1720)


@pytest.mark.parametrize(
    ("found", "text", "sentence"),
    [
        (
            difference(-0.008, -0.019, 0.002),
            KAU,
            "KAU brings +0.8 mIoU over uniform weights (95 % −0.2 to 1.9): not distinguishable with 3 seeds.",
        ),
        (
            difference(-0.02, -0.03, -0.01),
            KAU,
            "KAU brings +2.0 mIoU over uniform weights (95 % 1.0 to 3.0): clear with 3 seeds and 1,720 samples.",
        ),
        (
            difference(0.02, 0.01, 0.03, seeds=1),
            CellText("no shared encoder", "Sharing the encoder", ""),
            "Sharing the encoder brings −2.0 mIoU (95 % −3.0 to −1.0): it costs more than it brings, clear with "
            "1 seed and 1,720 samples.",
        ),
        (
            difference(0.0, -0.00001, 0.00001),
            KAU,
            "KAU brings ±0.0 mIoU over uniform weights (95 % 0.0 to 0.0): not distinguishable with 3 seeds.",
        ),
    ],
)
def test_a_verdict_says_what_a_part_brings(found: Compared, text: CellText, sentence: str) -> None:
    assert verdicts(table(row(), row("kau", text, found))) == [sentence]


def test_seeds_alone_are_told_by_their_spread() -> None:
    assert verdicts(table(row())) == ["mIoU is 50.0 on average of 3 seeds, from 40.0 to 60.0."]
    one = row(spread=Spread(n=1, mean=0.5, low=0.5, high=0.5, sd=None))
    assert verdicts(table(one)) == ["mIoU is 50.0 with one seed: how far seeds differ is not known."]
    assert verdicts(table(row(spread=None))) == []


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert verdicts(table(row(), row("kau"))) == []


def test_metrics_are_named_as_in_tables() -> None:
    names = [metric_name(name) for name in ("miou", "r1@0.5", "r5@0.7", "map", "map@0.75", "loss")]
    assert names == ["mIoU", "R1@0.5", "R5@0.7", "mAP", "mAP@0.75", "loss"]


def test_progress_counts_what_is_done_and_what_is_not() -> None:
    states = ("succeeded", "running", "starting", "queued", "paused", "failed", "cancelled")
    members = tuple(member(seed=seed, state=state) for seed, state in enumerate(states))
    said = "1 of 7 jobs are done: 2 run, 1 wait, 1 paused, 1 failed, 1 cancelled."
    assert progress(table(row(members=members))) == said
    assert progress(table(row())) == "All 3 jobs are done."
    assert progress(table(row(members=()))) == "Its jobs were deleted."


def test_the_plot_has_seeds_means_and_intervals_from_the_references_mean() -> None:
    plot = group_plot(table(row(), row("kau", KAU, difference(-0.1, -0.2, 0.1))))
    assert plot is not None
    line, intervals, points, means = plot["traces"]
    assert line["x"] == [50.0, 50.0]
    assert (intervals["x"], intervals["y"]) == (pytest.approx([30.0, 60.0, None]), [1, 1, None])
    assert (points["y"], points["customdata"]) == ([0] * 3 + [1] * 3, [1, 2, 3] * 2)
    assert means["x"] == [50.0, 50.0]
    assert plot["layout"]["yaxis"]["ticktext"] == ["reference", "uniform weights"]


def test_a_plot_without_numbers_is_none_and_long_labels_are_cut() -> None:
    assert group_plot(table(row(spread=None))) is None
    text = CellText("<b>" + "x" * 100, "", "")
    plot = group_plot(table(row(spread=None), row("long", text)))
    assert plot is not None
    (label,) = plot["layout"]["yaxis"]["ticktext"]
    assert label.startswith("‹b›")
    assert len(label) == 26
    assert [trace["mode"] for trace in plot["traces"]] == ["markers", "markers"]


def test_csv_has_the_table_and_the_jobs() -> None:
    both = table(row(), row("=1+1", CellText("=1+1", "", ""), difference(-0.008, -0.019, 0.002)))
    cells = list(csv.DictReader(io.StringIO(cells_csv(both))))
    assert [cell["cell"] for cell in cells] == ["", "'=1+1"]
    assert (cells[0]["difference"], cells[1]["difference"], cells[1]["samples"]) == ("", "-0.008", "1720")
    jobs = list(csv.DictReader(io.StringIO(jobs_csv(both))))
    assert [(job["cell"], job["seed"], job["miou"]) for job in jobs[2:4]] == [
        ("", "3", "0.5"),
        ("'=1+1", "1", "0.5"),
    ]
