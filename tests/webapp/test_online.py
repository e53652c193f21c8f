"""Students that nobody else teaches: in the form of a job, on the page of its result, and in the words there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Job, Project, State
from mtkd_engine.spec import parse
from mtkd_engine.spec.switches import change_of
from tests.classifying import make_images
from tests.seen_as import make_sources
from tests.webapp.test_subjects import filled, send
from webapp.forms.nodes import Choice, Node
from webapp.forms.schema import spec_tree
from webapp.pages.online import branches_context, gate_chart, last_of_own, online_charts

ENSEMBLE: dict[str, Any] = {"task": "classification", "method": {"kind": "ensemble", "branches": 2}}
OWN = {"task": "classification", "method": {"kind": "self"}, "evaluation": {"compare_solo": True}}
QUALITY = {"val": {"top1": 0.5}, "test": {"top1": 0.4}}
RESULT: dict[str, Any] = {
    "metrics": {"top1": 0.4, "top5": 1.0},
    "baselines": {"ensemble": {"top1": 0.475}, "solo": {"top1": 0.3}},
    "comparisons": {"solo": {"top1": {"difference": 0.1, "low": 0.05, "high": 0.15}}},
    "parameters": 1000,
    "kept": "branch",
    "ensemble": {"val": {"top1": 0.55}, "test": {"top1": 0.475}},
    "branches": [
        {"name": "branch_1", "weight": 0.25, **QUALITY, "is_best": True},
        {
            "name": "branch_2",
            "weight": 0.75,
            "val": {"top1": 0.45},
            "test": {"top1": 0.425},
            "is_best": False,
        },
    ],
    "cost": {"student": {"parameters": 1000}, "ensemble:2 branches": {"parameters": 1800}},
}


@pytest.fixture(autouse=True)
def _nobody_is_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


@pytest.mark.parametrize(
    ("subject", "offered"),
    [
        ("classification", {"ensemble", "self"}),
        ("clips", {"self"}),
        ("streams", {"self"}),
        ("features", {"self"}),
        ("segmentation", {"self"}),
        ("video_saliency", {"self"}),
        ("grounding", set()),
    ],
)
def test_the_form_offers_what_a_subject_has(subject: str, offered: set[str]) -> None:
    method: Node = next(child for child in spec_tree(subject).children if child.path == "method")
    assert isinstance(method, Choice)
    assert {kind for kind, _ in method.options} & {"ensemble", "self"} == offered


def test_a_job_is_submitted_by_the_form_without_the_teachers_that_stood_there(
    editor: Client, project: Project
) -> None:
    make_sources(project, "features")
    changes = {"method.kind": "self", "method[self].teacher": "snapshot", "method[self].cycle_epochs": "4"}
    assert send(editor, filled("features", **changes)).status_code == 302
    job = Job.objects.get()
    assert job.spec["teachers"] == []
    assert (job.spec["method"]["teacher"], job.spec["method"]["cycle_epochs"]) == ("snapshot", 4)


def test_what_does_not_go_together_stands_at_its_field(editor: Client, project: Project) -> None:
    make_sources(project, "features")
    changes = {"method.kind": "self", "method[self].teacher": "snapshot", "method[self].cycle_epochs": "20"}
    answer = send(editor, filled("features", **changes))
    assert answer.status_code == 422
    assert "accepted is less: nothing is taught in the first cycle" in answer.content.decode()


def test_the_page_of_a_job_shows_its_branches_and_what_was_left(editor: Client, project: Project) -> None:
    make_sources(project, "features")
    assert send(editor, filled("features", **{"method.kind": "self"})).status_code == 302
    job = Job.objects.get()
    images = make_images(project)
    spec = parse({**ENSEMBLE, "data": {"dataset": images.name}}).model_dump(mode="json")
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result=RESULT, spec=spec, dataset=images)
    page = editor.get(f"/jobs/{job.pk}/").content.decode()
    for text in (
        "Mean weight of each branch",
        "Which branch counts on which sample",
        'branch_1 <span class="muted small">the student</span>',
        '<td class="number">25.0 %</td><td class="number">50.0 %</td><td class="number">40.0 %</td>',
        '<th scope="row">All of them</th>',
        "The ensemble",
        "2 branches",
        "Its branches brought it +10.0 points of Top-1",
    ):
        assert text in page, text


def test_branches_have_a_heatmap_and_curves_of_their_own() -> None:
    heatmap = gate_chart(ENSEMBLE)
    assert heatmap is not None
    assert heatmap["teachers"] == ["branch_1", "branch_2"]
    charts = {chart["key"]: chart for chart in online_charts(ENSEMBLE)}
    assert charts["branches"]["prefixes"] == ["val/branch_1_top1", "val/branch_2_top1"]
    assert set(charts["branches"]["prefixes"]) <= set(charts["val"]["without"])
    assert "ensemble" in charts["loss"]["about"]


def test_a_student_that_teaches_itself_has_no_heatmap_but_its_curves_alone() -> None:
    assert gate_chart(OWN) is None
    assert {"solo", "solo-loss"} <= {chart["key"] for chart in online_charts(OWN)}
    told = {"last_own_teacher": {"kind": "own_mean", "test": {"top1": 0.512}}}
    assert last_of_own(told, OWN) == ["At the end of the training its own moving mean reached 51.2 % Top-1."]
    assert last_of_own({}, OWN) == []


def test_all_branches_are_marked_where_they_are_left() -> None:
    rows = branches_context({**RESULT, "kept": "ensemble"}, ENSEMBLE)["branch_rows"]
    assert [row.is_left for row in rows] == [False, False, True]
    assert branches_context(None, ENSEMBLE) == {}


def test_an_ablation_leaves_out_what_teaches() -> None:
    for method in ({"kind": "ensemble"}, {"kind": "self"}):
        spec = parse({"task": "classification", "data": {"dataset": "some"}, "method": method})
        assert change_of("solo", spec)["method"] == {"kind": "solo"}
    branches = parse({"task": "classification", "data": {"dataset": "some"}, "method": {"kind": "ensemble"}})
    assert change_of("soft_labels", branches) == {"method": {"distill_weight": 0}}
