"""Jobs side by side: where specs differ, by what they are drawn, their colours, their curves by epoch and time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jobs.chunks import Run
from jobs.models import Attempt, Job, Project, User
from jobs.operations.elsewhere import start_elsewhere
from jobs.operations.metrics import MetricWriter
from jobs.queries.comparing.axes import axes_of, better
from jobs.queries.comparing.curves import curve_names, weights_of
from jobs.queries.comparing.sides import colors_of
from jobs.queries.comparing.specs import Diff, Field, diff_of
from jobs.queries.overlay import overlay, steps_per_epoch

SECOND = 1000


def test_only_what_differs_is_told_and_teachers_go_by_their_names() -> None:
    teacher = {"name": "span", "weight": 1}
    one = {"name": "a", "optim": {"lr": 0.1, "epochs": 2}, "teachers": [teacher], "seed": 1}
    two = {
        "name": "b",
        "group": {"id": 3},
        "optim": {"lr": 0.2, "epochs": 2},
        "teachers": [{**teacher, "weight": 2}, {"name": "map2d", "weight": 1}],
        "seed": 1,
    }
    found = diff_of([one, two])
    assert {field.path: field.values for field in found.fields} == {
        "optim.lr": [0.1, 0.2],
        "teachers": [["span"], ["span", "map2d"]],
        "teachers.span.weight": [1, 2],
        "teachers.map2d.weight": [None, 1],
    }
    assert found.same == 2


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (1, 1.0, False),
        (1, True, True),
        (None, None, False),
        ([1, 2], [1, 2], False),
        ({}, 1, True),
        (0, False, True),
    ],
)
def test_equal_numbers_are_the_same_setting_and_a_switch_is_no_number(
    one: Any, other: Any, differs: bool
) -> None:
    assert bool(diff_of([{"x": one}, {"x": other}]).fields) is differs


def test_axes_are_final_metrics_costs_and_settings_that_are_numbers() -> None:
    diff = Diff(
        [
            Field("optim.lr", [0.1, 0.2]),
            Field("method.kind", ["emtm", "solo"]),
            Field("optim.decay", [None, 0.5]),
            Field("x.on", [True, False]),
        ],
        0,
    )
    axes = axes_of(["student.params", "test/miou"], [[1.0, None], [0.5, 0.6]], diff)
    assert [(axis.name, axis.kind, axis.better, axis.values) for axis in axes] == [
        ("student.params", "cost", "low", [1.0, None]),
        ("test/miou", "metric", "high", [0.5, 0.6]),
        ("optim.lr", "parameter", None, [0.1, 0.2]),
        ("optim.decay", "parameter", None, [None, 0.5]),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val/r1@0.5", "high"),
        ("uniform/miou", "high"),
        ("accuracy", "high"),
        ("final/loss", "low"),
        ("val/nll", "low"),
        ("latency_ms.p50", "low"),
        ("seconds", "low"),
        ("best_step", None),
        ("test/temperature", None),
        ("glossary", None),
    ],
)
def test_names_tell_which_values_are_better(name: str, expected: str | None) -> None:
    assert better(name) == expected


def test_a_job_keeps_its_colour_whatever_the_order_and_the_first_eight_differ() -> None:
    ids = [31, 7, 15, 23, 4, 5, 6, 8, 9, 100]
    colors = colors_of(ids)
    assert colors_of(ids[::-1]) == colors
    assert sorted(colors.values()) == list(range(8)) + sorted({colors[31], colors[100]})
    assert {colors[pk] for pk in (31, 100)} <= set(range(8, 16))
    alone = colors_of([7, 8, 9])
    assert alone == {7: 7, 8: 0, 9: 1}
    assert colors_of([7, 9]) == {7: 7, 9: 1}


@pytest.fixture
def running(project: Project, user: User) -> Job:
    """A hundred steps of two metrics, a second each."""
    return with_points(project, user, {"loss": 1.0, "val/miou": 0.5})


def with_points(project: Project, user: User, metrics: dict[str, float], *, count: int = 100) -> Job:
    job = start_elsewhere(project=project, user=user, name="x", parameters={})
    steps = np.arange(count)
    attempt = Attempt.objects.get(job=job)
    runs = {
        name: Run(steps * len(metrics) + place + 1, steps, np.full(count, value), steps * SECOND)
        for place, (name, value) in enumerate(metrics.items())
    }
    MetricWriter(job_id=job.pk, attempt_id=attempt.pk).write(runs)
    return job


def of_ours(job: Job, **changes: Any) -> None:
    """This will make it look like a job of ours of ten epochs."""
    spec = {"optim": {"epochs": 10}, "method": {"kind": "solo"}, "evaluation": {}}
    Job.objects.filter(pk=job.pk).update(**{"elsewhere": False, "total_steps": 100, "spec": spec, **changes})


@pytest.mark.django_db
def test_names_of_curves_are_those_of_all_jobs(project: Project, user: User, running: Job) -> None:
    other = with_points(project, user, {"lr": 0.1, "loss": 1.0})
    empty = start_elsewhere(project=project, user=user, name="x", parameters={})
    assert curve_names([running.pk, other.pk, empty.pk]) == ["loss", "lr", "val/miou"]
    assert curve_names([empty.pk]) == []


@pytest.mark.django_db
def test_curves_by_time_begin_with_the_job_and_a_window_brings_its_neighbours(running: Job) -> None:
    found = overlay(job_ids=[running.pk], metrics=["loss"], by="time")["loss"][running.pk]
    assert found.x is not None
    assert found.x[[0, 1, -1]].tolist() == [0.0, 1.0, 99.0]
    near = overlay(job_ids=[running.pk], metrics=["loss", "val/miou"], by="time", low=10.5, high=12.5)
    for curves in near.values():
        assert curves[running.pk].curve.steps.tolist() == [10, 11, 12, 13]


@pytest.mark.django_db
def test_curves_by_epoch_follow_the_steps_of_each_job(project: Project, user: User, running: Job) -> None:
    of_ours(running)
    foreign = with_points(project, user, {"loss": 2.0})
    found = overlay(job_ids=[running.pk, foreign.pk], metrics=["loss"], by="epoch", low=1, high=1.5)["loss"]
    assert list(found) == [running.pk]
    one = found[running.pk]
    assert one.x is not None
    assert (one.curve.steps.tolist(), one.x.tolist()) == (
        [10, 11, 12, 13, 14, 15],
        [1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
    )


@pytest.mark.django_db
def test_a_student_that_is_trained_alone_too_counts_twice(running: Job) -> None:
    of_ours(
        running,
        spec={"optim": {"epochs": 10}, "method": {"kind": "emtm"}, "evaluation": {"compare_solo": True}},
    )
    assert steps_per_epoch([running.pk]) == {running.pk: 5.0}
    of_ours(running, total_steps=0)
    assert steps_per_epoch([running.pk]) == {}


@pytest.mark.django_db
def test_every_assistant_counts_as_often_as_the_student(running: Job) -> None:
    method = {"kind": "staged", "assistants": [{}, {}]}
    of_ours(running, spec={"optim": {"epochs": 5}, "method": method, "evaluation": {"compare_solo": True}})
    assert steps_per_epoch([running.pk]) == {running.pk: 100 / (5 * 4)}


@pytest.mark.django_db
def test_weights_are_told_at_few_steps_with_the_last_of_each_range(project: Project, user: User) -> None:
    job = with_points(project, user, {"weight/a": 0.25, "weight/b": 0.75}, count=1000)
    bare = with_points(project, user, {"loss": 1.0})
    found = weights_of({job.pk: ["a", "b", "c"], bare.pk: ["a"]}, columns=50)
    assert list(found) == [job.pk]
    one = found[job.pk]
    assert (len(one.steps), one.steps[-1]) == (50, 999)
    assert one.values == [[0.25] * 50, [0.75] * 50, [None] * 50]


def test_a_job_trained_elsewhere_makes_no_field_of_the_others_differ() -> None:
    own = {"seed": 0, "optim": {"lr": 0.1}}
    away = {"elsewhere": True, "dataset": None, "parameters": {"width": 8}}
    assert diff_of([own, own, away]) == Diff([], 4)
    changed = {**own, "seed": 1}
    assert diff_of([own, changed, away]).fields == [Field("seed", [0, 1, None])]
