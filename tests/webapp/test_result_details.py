from __future__ import annotations

import re
from typing import Any

from django.test import Client

from jobs.models import Job, State
from tests.webapp.conftest import MakeJob
from webapp.pages.result import result_rows
from webapp.pages.result_details import (
    amount,
    cost_columns,
    cost_rows,
    counted,
    duration,
    group_of_pictures,
    worth,
)

COST = {
    "student": {"parameters": 250, "macs": 2e6, "latency_ms": 1.5, "memory_bytes": 4e6},
    "teacher:span": {"parameters": 1000, "macs": 8e6, "latency_ms": 3.0, "memory_bytes": 8e6},
}
FULL: dict[str, Any] = {
    "metrics": {"r1@0.3": 0.7, "r1@0.5": 0.6, "r1@0.7": 0.4, "miou": 0.5, "r5@0.5": 0.8, "map": 0.3},
    "baselines": {
        "solo": {"r1@0.5": 0.5, "miou": 0.45},
        "uniform": {"r1@0.5": 0.6, "miou": 0.5},
        "blind": {"r1@0.5": 0.2, "miou": 0.2},
    },
    "comparisons": {
        "solo": {"miou": {"difference": 0.05, "low": 0.02, "high": 0.08}},
        "uniform": {"miou": {"difference": 0.0, "low": -0.01, "high": 0.02}},
    },
    "cost": COST,
    "without": {"span": {"miou": 0.012, "seconds": 0.25}, "map2d": {"miou": -0.004, "seconds": None}},
    "compatible": {"snapped": {"r1@0.5": 0.62, "miou": 0.52}, "2d-tan": {"r1@0.5": 0.59, "miou": 0.51}},
    "solo": {"miou": 0.45},
}


def page_of(client: Client, job: Job, result: dict[str, Any]) -> str:
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result=result)
    return client.get(f"/jobs/{job.pk}/").content.decode()


def test_the_student_alone_stands_right_below_it_with_the_interval_of_the_lead() -> None:
    rows = result_rows(FULL)
    assert [row.key for row in rows] == ["student", "solo", "uniform", "blind"]
    lead = rows[1].cells[3]
    assert (round(lead.gain or 0, 6), lead.low, lead.high) == (5.0, 2.0, 8.0)
    assert not lead.is_open
    assert rows[2].cells[3].is_open
    assert rows[1].cells[1].low is None


def test_what_the_aggregator_says_stands_first_where_there_is_no_student() -> None:
    baselines = {"best_single": {"miou": 0.4}, "static": {"miou": 0.5}}
    found = {"metrics": {"miou": 0.5}, "baselines": baselines, "best_single": "a"}
    rows = result_rows(found, method="aggregate")
    assert [row.title for row in rows] == ["Aggregated", "Static weights", "Best single teacher"]
    assert rows[0].is_own
    assert "mostly a" in rows[2].help


def test_costs_are_told_in_three_digits_with_the_students_share() -> None:
    student, teacher = cost_rows({"cost": COST})
    assert [cost.text for cost in student.costs] == ["250", "2 M", "1.5 ms", "4 MB"]
    assert [cost.share for cost in teacher.costs] == [25.0, 25.0, 50.0, 50.0]
    assert cost_rows({"cost": {"teacher:x": {}}}) == []
    odd = cost_rows({"cost": {"student": {"macs": "many"}, "teacher:x": {"macs": 0}}})
    assert [cost.text for cost in odd[0].costs] == ["–"] * 4
    assert odd[1].costs[1].share is None


def test_networks_of_streams_tell_what_a_frame_takes() -> None:
    own = {**COST["student"], "streams": {"macs_per_frame": 4.25e8, "group": 12}}
    other = {**COST["student"], "streams": {"macs_per_frame": 8.5e8, "group": 12}}
    result = {"cost": {"student": own, "teacher:fused": other}}
    place = cost_columns(result).index("MACs a frame")
    student, fused = cost_rows(result)
    assert (student.costs[place].text, fused.costs[place].share) == ("425 M", 50.0)
    assert group_of_pictures(result) == 12
    assert "MACs a frame" not in cost_columns({"cost": COST})
    assert group_of_pictures(None) is None


def test_amounts_and_times_take_the_unit_that_suits_them() -> None:
    assert [amount(value, "macs") for value in (12, 1234, 1.5e6, 2.25e9, True, None)] == [
        "12",
        "1.23 k",
        "1.5 M",
        "2.25 G",
        "–",
        "–",
    ]
    assert amount(300, "memory_bytes") == "300 B"
    assert [duration(seconds) for seconds in (0.0421, 4.25, 600)] == ["42 ms", "4.2 s", "10 min"]


def test_each_teacher_is_told_by_what_leaving_it_out_would_cost() -> None:
    assert worth(FULL) == [
        "Dropping span would cost 1.2 points of mIoU and save 250 ms of caching.",
        "Dropping map2d would gain 0.4 points of mIoU.",
    ]
    assert worth({"without": {"a": {"miou": 0.0001}, "b": "odd"}}) == ["Dropping a would change nothing."]


def test_other_ways_of_counting_share_the_columns_that_anybody_knows() -> None:
    columns, rows = counted(FULL)
    assert columns == ["R1@0.3", "R1@0.5", "R1@0.7", "R5@0.5", "mIoU", "mAP"]
    assert [row.title for row in rows] == ["Here", "Snapped truth", "2D-TAN"]
    assert rows[1].values == [None, 62.0, None, None, 52.0, None]
    assert counted({"metrics": {"miou": 0.5}}) == ([], [])


def test_the_page_shows_all_of_it(viewer: Client, job: Job) -> None:
    page = page_of(viewer, job, FULL)
    assert re.findall(r'data-row="([^"]+)"', page) == ["student", "solo", "uniform", "blind"]
    assert "+2.0 to +8.0" in page
    assert "Its teachers brought it +5.0 points of mIoU (95 %: +2.0 to +8.0)" in page
    assert "Dropping span would cost 1.2 points" in page
    assert "2D-TAN" in page
    assert "2 M" in page


def test_the_page_of_an_older_job_is_as_it_was(viewer: Client, job: Job) -> None:
    old = {name: FULL[name] for name in ("metrics", "baselines")}
    page = page_of(viewer, job, old)
    assert 'data-row="uniform"' in page
    for text in ("Cost", "worth", "how others count", "interval", "to +"):
        assert text not in page.split('id="result"')[1].split("</section>")[0]


def test_the_page_of_a_judged_aggregator_has_its_words_and_no_student(
    editor: Client, make_job: MakeJob
) -> None:
    job = make_job(taught=True)
    job.spec["method"] = {"kind": "aggregate"}
    Job.objects.filter(pk=job.pk).update(spec=job.spec)
    found = {**FULL, "notes": ["These teachers are worth combining: a little."]}
    page = page_of(editor, job, found)
    assert page.count("These teachers are worth combining: a little.") == 1
    assert 'data-row="aggregated"' in page
    assert 'data-row="student"' not in page
    assert "Quality by fold" in page
    assert "Losses" not in page
    assert "Promote to teacher" not in page
    assert "Promote to teacher" in page_of(editor, make_job(), FULL)
    assert "over the videos of the test" not in page
