"""Submitting, reading and comparing jobs that classify images, in the browser and over REST."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Group, Job, Project, User
from jobs.operations.final_metrics import keep_final_metrics
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.classifying import (
    CLASSES,
    end_classifying,
    make_classifier,
    make_images,
    said_with,
    spec_of,
)
from tests.group_double import of_cell
from tests.webapp.test_spec_form import posted_back
from webapp.forms.spec import SpecForm

NEW = "/projects/moments/jobs/new/"
PLAN = "/api/v1/jobs/plan/?project=moments"
pytestmark = pytest.mark.usefixtures("pets")


def filled(*, more: list[tuple[str, str]], mode: str = "form", **changes: str) -> str:
    form = SpecForm(subject="classification", datasets=["pets"], teachers=["big", "small"])
    given = {"task": "classification", "method.kind": "multi_teacher", **changes}
    taught = [("teachers", "big"), ("teachers", "small"), *more]
    return "&".join([posted_back(form, mode=mode, yaml="", **given), urlencode(taught)])


def send(client: Client, body: str) -> Any:
    return client.post(NEW, body, content_type="application/x-www-form-urlencoded")


def test_the_form_is_that_of_the_newest_dataset_or_of_the_task_in_the_address(editor: Client) -> None:
    page = editor.get(NEW).content.decode()
    assert 'name="task" value="classification"' in page
    for text in ("pets (4 classes)", "big (Top-1 81.0 %)", "multi_teacher", "RandAugment", "CUDA graphs"):
        assert text in page
    page = editor.get(f"{NEW}?task=grounding").content.decode()
    assert 'name="task" value="grounding"' in page
    assert "emtm" in page
    assert '<option value="pets">pets (images; 4 classes)</option>' in page
    assert "big" not in page


def test_a_job_is_submitted_by_the_form_with_all_kinds_of_fields(editor: Client) -> None:
    changes = {
        "method[multi_teacher].aggregator.kind": "kau",
        "method[multi_teacher].inner.kind": "dkd",
        "method[multi_teacher].features.0.kind": "fitnet",
        "method[multi_teacher].features.0.weight": "2.5",
        "method[multi_teacher].signals": "online",
        "student.net.family": "transformers",
        "student.net[transformers].config": "depths: [1, 1]\nhidden_sizes: [8, 16]",
        "student.input.mean": "0.4, 0.5, 0.6",
        "data.augment.mixup": "0.2",
    }
    answer = send(editor, filled(more=[], **changes))
    spec = Job.objects.get().spec
    assert answer.status_code == 302
    assert spec["method"]["features"] == [{"kind": "fitnet", "weight": 2.5, "student": "", "teacher": ""}]
    assert spec["student"]["net"]["config"] == {"depths": [1, 1], "hidden_sizes": [8, 16]}
    assert spec["student"]["input"]["mean"] == [0.4, 0.5, 0.6]
    assert (spec["data"]["augment"]["mixup"], spec["method"]["aggregator"]["kind"]) == (0.2, "kau")
    page = editor.get(f"{NEW}?like={Job.objects.get().pk}").content.decode()
    assert "depths: [1, 1]" in page
    text = re.search(r'<textarea id="yaml".*?>\n(.*?)</textarea>', page, re.S)
    assert text
    again = parse(yaml.safe_load(text[1].replace("&#x27;", "'")))
    assert again.model_dump(mode="json", exclude={"name"}) == parse(spec).model_dump(
        mode="json", exclude={"name"}
    )


def test_what_is_wrong_in_a_list_of_losses_or_a_configuration_stands_at_its_field(editor: Client) -> None:
    changes = {
        "method[multi_teacher].features.1.kind": "crd",
        "method[multi_teacher].features.1.weight": "-1",
        "student.net.family": "transformers",
        "student.net[transformers].config": "depths",
    }
    answer = send(editor, filled(more=[], **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    for place, sentence in (
        ("f-student-net-transformers-config-error", "Given &#x27;depths&#x27;, accepted is a mapping"),
        ("features-1-weight-error", "Given &#x27;-1&#x27;, accepted is more than 0"),
    ):
        assert place in page
        assert sentence in page


def test_a_hundred_classes_and_five_teachers_with_one_that_does_not_fit_are_refused_by_name(
    editor: Client, api: APIClient, project: Project
) -> None:
    classes = [f"class {number}" for number in range(100)]
    make_images(project, name="many", classes=classes)
    for number in range(4):
        make_classifier(project, f"fits {number}", classes=classes[::-1])
    make_classifier(project, "odd", classes=[*classes[:97], "Class_97", "x", "y"])
    names = [*(f"fits {number}" for number in range(4)), "odd"]
    sentence = (
        "given 'odd', which does not know 3 of the 100 classes of the dataset: 'class 97' (it knows 'Class_97'), "
        "'class 98', 'class 99'"
    )
    spec = spec_of(*names, dataset="many")
    answer = api.post("/api/v1/jobs/", {"project": "moments", "spec": spec}, format="json")
    assert answer.status_code == 400
    assert sentence in answer.json()["fields"]["teachers.4.name"]
    page = editor.post(NEW, {"mode": "yaml", "task": "classification", "yaml": yaml.safe_dump(spec)})
    assert sentence in page.content.decode().replace("&#x27;", "'")
    offered = editor.get(NEW).content.decode()
    assert "odd (Top-1 81.0 %; does not know all classes of many, pets)" in offered
    assert not Job.objects.exists()


def test_what_would_be_kept_is_said_before_anything_is_submitted(editor: Client, api: APIClient) -> None:
    page = send(editor, filled(more=[("group.seeds", "0, 1")], mode="check-form")).content.decode()
    assert "2 jobs can be submitted as they stand. They share <b>" in page
    spec = spec_of("big", "small", aggregator={"kind": "entropy"})
    found = api.post(PLAN, spec, format="json").json()
    train = [one for one in found["kept"] if one["views"]]
    assert found["jobs"] == 1
    assert {(one["teacher"], one["rows"], one["bytes"]) for one in train} == {
        ("big", 8000, 64_000),
        ("small", 8000, 64_000),
    }
    assert found["bytes"] == sum(one["bytes"] for one in found["kept"])
    same = api.post(
        PLAN, {**spec, "seeds": [0, 1], "ablate": ["aggregator:confidence"]}, format="json"
    ).json()
    assert (same["jobs"], same["bytes"]) == (4, found["bytes"])
    wrong = api.post(PLAN, {**spec, "teachers": ["nobody"]}, format="json")
    assert list(wrong.json()["fields"]) == ["teachers.0.name"]
    assert not Job.objects.exists()


def test_one_tick_makes_a_group_over_all_aggregators_held_against_the_average(editor: Client) -> None:
    changes = {
        "method[multi_teacher].aggregator.kind": "kau",
        "method[multi_teacher].aggregator[kau].hidden": "8",
    }
    send(editor, filled(more=[("group.ablate", "aggregator:*"), ("group.ablate", "static")], **changes))
    group = Group.objects.get()
    assert group.document["method"]["aggregator"] == {"kind": "uniform"}
    assert group.jobs.count() == 12
    kinds = {
        job.spec["group"]["cell"]: (job.spec["method"].get("aggregator") or {}) for job in group.jobs.all()
    }
    assert kinds["aggregator:kau"]["hidden"] == 8
    assert kinds[""]["kind"] == "uniform"
    assert {"solo", "aggregator:best_single", "aggregator:reinforced", "aggregator:gradient"} <= set(kinds)
    answer = send(
        editor,
        filled(
            more=[("group.ablate", "aggregator:*")],
            **{**changes, "method[multi_teacher].aggregator[kau].hidden": "2"},
        ),
    )
    assert "Given &#x27;2&#x27;, accepted is 4 or more" in answer.content.decode()


@pytest.fixture
def judged(project: Project, people: dict[str, User]) -> Group:
    document = {
        **spec_of("big", "small"),
        "seeds": [1, 2],
        "ablate": ["aggregator:kau", "aggregator:entropy", "aggregator:oracle", "solo"],
    }
    group = submit_group(project=project, user=people["editor"], document=document)
    wrong = {"": 24, "aggregator:kau": 6, "aggregator:entropy": 24, "aggregator:oracle": 2, "solo": 40}
    for cell, count in wrong.items():
        for seed in (1, 2):
            end_classifying(of_cell(group, cell, seed), said_with(count, seed=seed))
    return group


def test_the_verdict_of_a_group_says_whether_clever_weighting_was_worth_it(
    editor: Client, api: APIClient, judged: Group
) -> None:
    body = api.get(f"/api/v1/groups/{judged.pk}/").json()
    assert (body["metric"], body["is_settled"]) == ("top1", True)
    assert body["answer"] == (
        "Yes: KAU (+30.0 Top-1) is better than the average with 2 seeds; 1 cannot be told from it."
    )
    assert body["verdicts"][0].startswith("KAU brings +30.0 Top-1 over uniform weights (95 %")
    assert body["verdicts"][1].startswith("Entropy weights (EBKD) brings ±0.0 Top-1 over uniform weights")
    assert body["verdicts"][3].startswith("Being taught brings +26.7 Top-1 over labels alone")
    page = editor.get(f"/groups/{judged.pk}/").content.decode()
    assert "Was clever weighting worth it?" in page
    assert "0.900" in editor.get(f"/groups/{judged.pk}/?metric=nll").content.decode()
    judged.jobs.filter(spec__seed=2).delete()
    answer = api.get(f"/api/v1/groups/{judged.pk}/").json()["answer"]
    assert answer.startswith("For this one seed, yes: KAU (+30.0 Top-1) is better than the average; 1 cannot")
    assert "Another seed may say otherwise" in answer
    assert "Top-1" in page


def test_a_job_shows_its_classes_and_what_it_takes_for_what(
    viewer: Client, project: Project, people: dict[str, User]
) -> None:
    job = submit(project=project, user=people["editor"], spec=parse(spec_of("big", "small")))
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert {"layout-val", "layout-val-nll", "layout-loss", "layout-weight"} <= set(
        re.findall(r'id="(layout-[\w-]+)"', page)
    )
    end_classifying(job, said_with(15))
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    for text in ("Top-1", "75.0", "Most often mistaken", "4.0 %", "0.900", "reaches 75.0 % Top-1"):
        assert text in page
    plan = re.search(r'<script id="plan-confusion" type="application/json">(.*?)</script>', page)
    assert plan
    trace = json.loads(plan[1])["traces"][0]
    assert len(trace["z"]) == len(CLASSES)
    assert sum(cell[2] for row in trace["customdata"] for cell in row) == 60
    assert "mIoU" not in page


def test_the_table_of_jobs_has_the_metric_of_the_tasks_there(
    editor: Client, api: APIClient, project: Project, people: dict[str, User]
) -> None:
    job = submit(project=project, user=people["editor"], spec=parse(spec_of()))
    end_classifying(job, said_with(15))
    keep_final_metrics(Job.objects.get(pk=job.pk))
    page = editor.get("/projects/moments/jobs/").content.decode()
    assert "test/top1" in page
    assert "test/r1@0.5" not in page
    found = api.get("/api/v1/jobs/?project=moments&q=top1>0.7&sort=-top1").json()
    assert [one["id"] for one in found] == [job.pk]


def test_the_form_says_which_published_ways_of_weighing_are_not_offered_and_why(editor: Client) -> None:
    page = editor.get(NEW).content.decode()
    reason = "DE-MKD and CG-MTKD are not offered, because their formulas are not public."
    assert '<span class="help" id="f-method-multi_teacher-aggregator-help">' in page
    assert page.count(reason) == 1
