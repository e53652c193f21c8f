"""Gates and baselines on the pages of jobs, groups and projects, and in the form of a new job."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from jobs.models import Baseline, Dataset, Job, Project, User
from jobs.operations.baselines import set_baseline
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from jobs.operations.projects import change_project
from mtkd_engine.spec import parse
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob
from tests.webapp.test_submit import filled

pytestmark = pytest.mark.django_db
GATE = "test/miou >= baseline(main) - 0.005"


@pytest.fixture
def gated(project: Project, people: dict[str, User], dataset: Dataset, make_job: MakeJob) -> Job:
    spec = parse({"data": {"dataset": dataset.label}, "gates": ["test/miou > 0.4", GATE]})
    return submit(project=project, user=people["editor"], spec=spec)


@pytest.fixture
def done(make_job: MakeJob) -> Job:
    job = make_job()
    finish()
    job.refresh_from_db()
    return job


def finish() -> None:
    double = EngineDouble()
    double.start()
    double.finish()


def rows_of(page: str) -> list[tuple[str, str]]:
    """Whether each rule has passed, and its sentence."""
    found = re.findall(r'<li data-passed="(\w+)">.*?<span class="about">(.*?)</span>', page, re.DOTALL)
    return [(passed, sentence) for passed, sentence in found]


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_job_shows_the_rules_it_will_be_judged_by_and_then_what_came_of_them(
    viewer: Client, gated: Job
) -> None:
    assert rows_of(read(viewer, f"/jobs/{gated.pk}/")) == [("None", "Judged at the end.")] * 2
    finish()
    page = read(viewer, f"/jobs/{gated.pk}/outcome/")
    assert [passed for passed, _ in rows_of(page)] == ["True", "False"]
    assert "test/miou is 0.5, and more than 0.4 is asked." in page
    assert "gates failed" in read(viewer, f"/jobs/{gated.pk}/head/")


def test_rules_of_the_project_are_told_apart(
    viewer: Client, gated: Job, project: Project, people: dict[str, User]
) -> None:
    change_project(project=project, user=people["admin"], gates=["test/miou > 0.1"])
    page = read(viewer, f"/jobs/{gated.pk}/")
    assert len(rows_of(page)) == 3
    assert page.count('title="A rule of the project"') == 1


def test_a_group_shows_its_gates_and_so_does_its_reference(
    viewer: Client, project: Project, people: dict[str, User], dataset: Dataset, make_job: MakeJob
) -> None:
    change = {"cell": "short", "change": {"optim": {"epochs": 1}}}
    document: dict[str, Any] = {"data": {"dataset": dataset.label}, "seeds": [1], "ablate": [change]}
    group = submit_group(
        project=project, user=people["editor"], document={**document, "gates": ["miou > 0.9"]}
    )
    reference, other = group.jobs.order_by("pk")
    assert rows_of(read(viewer, f"/groups/{group.pk}/")) == [("None", "Judged at the end.")]
    finish()
    said = ("False", "miou is 0.5, but more than 0.9 is asked.")
    for address in (f"/groups/{group.pk}/?part=table", f"/jobs/{reference.pk}/"):
        assert rows_of(read(viewer, address)) == [said]
    assert rows_of(read(viewer, f"/jobs/{other.pk}/")) == []


def test_an_editor_makes_a_job_a_baseline_and_takes_the_name_away(
    editor: Client, viewer: Client, done: Job, project: Project
) -> None:
    assert 'action="/jobs' not in read(viewer, f"/jobs/{done.pk}/outcome/")
    assert f'action="/jobs/{done.pk}/baseline/"' in read(editor, f"/jobs/{done.pk}/outcome/")
    answer = editor.post(f"/jobs/{done.pk}/baseline/", {"name": "main"})
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{done.pk}/")
    assert "baseline main" in read(viewer, f"/jobs/{done.pk}/head/")
    page = read(editor, f"/projects/{project.slug}/")
    assert 'data-baseline="main"' in page
    assert "mIoU 50.0" in page
    assert "Remove" not in read(viewer, f"/projects/{project.slug}/").partition('id="baselines"')[2]
    editor.post(f"/projects/{project.slug}/baselines/main/removal/")
    assert not Baseline.objects.exists()
    assert 'id="baselines"' not in read(editor, f"/projects/{project.slug}/")


def test_a_name_that_is_none_is_refused_at_its_field(editor: Client, done: Job) -> None:
    answer = editor.post(f"/jobs/{done.pk}/baseline/", {"name": "a <b>"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="baseline-name-error"' in page
    assert "Given &#x27;a &lt;b&gt;&#x27;" in page


def test_a_job_that_did_not_succeed_is_no_baseline(editor: Client, gated: Job) -> None:
    assert "/baseline/" not in read(editor, f"/jobs/{gated.pk}/")
    answer = editor.post(f"/jobs/{gated.pk}/baseline/", {"name": "main"})
    assert (answer.status_code, Baseline.objects.count()) == (422, 0)


def test_an_admin_writes_the_policy_a_rule_in_a_line(
    people: dict[str, User], project: Project, client: Client
) -> None:
    client.force_login(people["admin"])
    where = f"/projects/{project.slug}/settings/"
    refused = client.post(where, {"gates": "test/miou > 0.4\nmiou"})
    assert refused.status_code == 422
    assert 'id="id_gates-error"' in refused.content.decode()
    client.post(where, {"gates": f" test/miou > 0.4 \r\n\r\n{GATE}\r\n"})
    project.refresh_from_db()
    assert project.gates == ["test/miou > 0.4", GATE]
    assert f"{GATE.replace('>', '&gt;')}</textarea>" in read(client, where)


def test_the_form_takes_a_rule_in_a_line_and_says_what_rules_can_name(
    editor: Client, done: Job, project: Project, people: dict[str, User], dataset: Dataset
) -> None:
    set_baseline(project=project, user=people["admin"], name="main", job_id=done.pk)
    change_project(project=project, user=people["admin"], gates=["test/miou > 0.1"])
    where = f"/projects/{project.slug}/jobs/new/"
    page = read(editor, where)
    assert "Metrics that jobs here have: best_single/miou, " in page
    assert "Baselines: main." in page
    assert "All jobs of this project are judged by test/miou &gt; 0.1, too." in page
    form = "application/x-www-form-urlencoded"
    refused = editor.post(where, filled(gates="miou > 0.5\r\nmiou"), content_type=form)
    assert refused.status_code == 422
    assert 'id="f-gates-error"' in refused.content.decode()
    editor.post(where, filled(gates="miou > 0.5\r\n\r\n val/miou > 0.4"), content_type=form)
    assert Job.objects.latest("id").spec["gates"] == ["miou > 0.5", "val/miou > 0.4"]


def test_a_resubmitted_job_starts_from_its_gates(editor: Client, gated: Job, project: Project) -> None:
    page = read(editor, f"/projects/{project.slug}/jobs/new/?like={gated.pk}")
    assert f"test/miou &gt; 0.4\n{GATE.replace('>', '&gt;')}</textarea>" in page
