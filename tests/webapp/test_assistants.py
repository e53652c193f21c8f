"""Assistants in the form of a job, on the page of its result, and where its samples are inspected."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.test import Client

from jobs.models import Job, Project, State, User
from mtkd_engine.spec import parse
from tests.classifying import make_classifier, make_images
from tests.inspected_classes import TEACHERS, class_columns, class_files, ended_job, images
from tests.seen_as import make_sources, plain
from tests.webapp.test_subjects import NEW, filled, send
from webapp.charts import job_charts
from webapp.forms.nodes import Choice, Node, Rows
from webapp.forms.schema import spec_tree
from webapp.pages.stages import stages_context, through_assistants

ROW = "method[staged].assistants.{}.net"
RESULT: dict[str, Any] = {
    "metrics": {"top1": 0.8, "top5": 1.0, "nll": 0.5, "ece": 0.1},
    "baselines": {"uniform": {"top1": 0.7}},
    "stages": [
        {
            "name": "assistant_1/substage_1",
            "first_step": 1,
            "last_step": 1200,
            "best_step": 800,
            "score": -0.25,
        },
        {"name": "whole", "first_step": 1201, "last_step": 2000, "best_step": 1900, "score": 0.8125},
    ],
    "assistants": [
        {
            "name": "assistant_1",
            "family": "sequence",
            "parameters": 12_345,
            "taught_by": ["first", "second"],
            "val": {"top1": 0.752},
        }
    ],
    "cost": {
        "student": {"parameters": 1000, "macs": 2e6},
        "assistant:assistant_1": {"parameters": 12_345, "macs": 8e6},
    },
}


@pytest.fixture(autouse=True)
def _nobody_is_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


def _rows(subject: str) -> Rows:
    """The assistants in the tree of a form."""
    method: Node = next(child for child in spec_tree(subject).children if child.path == "method")
    assert isinstance(method, Choice)
    staged = dict(method.options)["staged"]
    found = next(child for child in staged.children if child.path == "method.assistants")
    assert isinstance(found, Rows)
    return found


@pytest.mark.parametrize(
    ("subject", "families"),
    [
        ("classification", ["none", "cifar_resnet", "transformers", "timm"]),
        ("clips", ["none", "frames", "conv3d", "video_transformers"]),
        ("features", ["none", "sequence"]),
    ],
)
def test_assistants_are_offered_that_read_what_the_student_reads(subject: str, families: list[str]) -> None:
    rows = _rows(subject)
    assert [row.title for row in rows.rows] == ["Assistants 1", "Assistants 2", "Assistants 3"]
    for row in rows.rows:
        (net,) = row.children
        assert isinstance(net, Choice)
        assert [value for value, _ in net.options] == families
        assert net.default == "none"


def test_a_job_with_assistants_is_submitted_by_the_form_and_starts_the_next_one(
    editor: Client, project: Project
) -> None:
    make_sources(project, "features")
    changes = {
        "method.kind": "staged",
        f"{ROW.format(0)}.family": "sequence",
        f"{ROW.format(0)}[sequence].width": "64",
        f"{ROW.format(2)}.family": "sequence",
        f"{ROW.format(2)}[sequence].width": "48",
    }
    assert send(editor, filled("features", **changes)).status_code == 302
    job = Job.objects.get()
    assert [one["net"]["width"] for one in job.spec["method"]["assistants"]] == [64, 48]
    page = editor.get(f"{NEW}?like={job.pk}").content.decode()
    text = re.search(r'<textarea id="yaml".*?>\n(.*?)</textarea>', page, re.S)
    assert text
    again = parse(yaml.safe_load(text[1].replace("&#x27;", "'").replace("&quot;", '"')))
    assert again.model_dump(exclude={"name"}) == parse(job.spec).model_dump(exclude={"name"})


def test_what_is_wrong_with_an_assistant_stands_at_its_field(editor: Client, project: Project) -> None:
    make_sources(project, "features")
    changes = {
        "method.kind": "staged",
        f"{ROW.format(1)}.family": "sequence",
        f"{ROW.format(1)}[sequence].width": "wide",
    }
    answer = send(editor, filled("features", **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    error = re.search(r'id="(f-[^"]*assistants-1[^"]*width)-error" role="alert">([^<]*)<', page)
    assert error
    assert error[2].startswith("Given &#x27;wide&#x27;, accepted is a whole number")


def test_a_result_shows_its_stages_and_who_came_between(editor: Client, project: Project) -> None:
    make_sources(project, "features")
    stated = plain("features", "first", "second")
    method = {"kind": "staged", "assistants": [{"net": {"family": "sequence"}}]}
    assert send(editor, filled("features", **{"method.kind": "staged"})).status_code == 302
    job = Job.objects.get()
    spec = parse({**stated, "method": method}).model_dump(mode="json")
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result=RESULT, spec=spec)
    page = editor.get(f"/jobs/{job.pk}/").content.decode()
    for text in (
        "each taught by the one before, assistant_1 taught the student",
        "<td>first, second</td>",
        '<td class="number">75.2 %</td>',
        '<th scope="row">substage 1</th><td>assistant_1</td><td class="number">1–1,200</td>',
        '<td class="number">loss 0.25</td>',
        '<td class="number">Top-1 81.2 %</td>',
        "those with which they taught assistant_1",
    ):
        assert text in page
    assert page.count('<th scope="row">assistant_1</th>') == 2  # its cost, and how good it is


def test_a_sample_is_shown_with_who_taught_the_student(
    viewer: Client, project: Project, people: dict[str, User]
) -> None:
    make_images(project)
    for name in TEACHERS:
        make_classifier(project, name)
    job = ended_job(project, people["editor"], class_files(class_columns(images())))
    told = "The teachers taught assistant_1, which is what their weights and the target are about; assistant_1 taught"
    address = f"/jobs/{job.pk}/samples/4/"
    assert told not in viewer.get(address).content.decode()
    method = {"kind": "staged", "assistants": [{"net": {"family": "cifar_resnet"}}]}
    Job.objects.filter(pk=job.pk).update(spec={**job.spec, "method": method})
    assert told in viewer.get(address).content.decode()


def test_a_result_without_stages_shows_none() -> None:
    assert stages_context(None) == {"stage_rows": [], "assistant_rows": [], "student_taught_by": ""}
    odd = stages_context({"stages": [{"name": "whole", "score": None}], "assistants": [{"name": "x"}]})
    assert odd["stage_rows"][0].score == odd["assistant_rows"][0].quality == "–"


def test_whom_the_teachers_taught_is_said_where_weights_are_read() -> None:
    assert through_assistants({"method": {"kind": "staged"}}) == ""
    two = {"method": {"kind": "staged", "assistants": [{}, {}]}}
    assert through_assistants(two).endswith("assistant_2 taught the student.")


def test_assistants_have_curves_of_their_own() -> None:
    method = {"kind": "staged", "assistants": [{}, {}]}
    spec = {
        "task": "classification",
        "teachers": [{"name": "a"}],
        "method": method,
        "data": {"labels": {"share": 0.1}},
    }
    charts = {chart["key"]: chart for chart in job_charts(spec)}
    assert list(charts)[5:] == [
        *("stages", "pseudo", "assistant-1", "assistant-1-loss", "assistant-2", "assistant-2-loss")
    ]
    assert charts["assistant-2"]["prefixes"] == ["assistant_2/val/"]
    assert "assistant_2/val/loss" in charts["assistant-2"]["without"]
    assert charts["val"]["without"] == ["val/nll", *charts["stages"]["prefixes"]]
    plain_job = job_charts({**spec, "method": {"kind": "staged"}, "data": {}})
    assert [chart["key"] for chart in plain_job][5:] == ["stages"]
