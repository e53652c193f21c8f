"""The page on which jobs stand side by side, as the server sends it."""

from __future__ import annotations

import pytest
from django.test import Client

from jobs.models import Job, Project, User
from jobs.operations.baselines import set_baseline
from jobs.operations.elsewhere import start_elsewhere
from jobs.operations.groups import submit_group
from jobs.operations.projects import create_project
from tests.compared_double import ended
from tests.group_double import ious
from tests.webapp.conftest import MakeJob
from webapp.pages.compare import modules_of
from webapp.pages.compare_offers import offers_to_compare

pytestmark = pytest.mark.django_db


def test_the_page_names_its_jobs_and_asks_for_the_rest(viewer: Client, make_job: MakeJob) -> None:
    two = [make_job(), make_job(name="<b>odd")]
    answer = viewer.get(f"/compare/?jobs={two[1].pk},{two[0].pk}&x=time&metric=test/miou")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert [job.pk for job in answer.context["jobs"]] == [two[1].pk, two[0].pk]
    assert answer.context["data_url"] == f"/api/v1/compare/?jobs={two[1].pk},{two[0].pk}&quick=1"
    assert "&lt;b&gt;odd" in page
    assert "<b>odd" not in page
    assert viewer.get(answer.context["data_url"]).status_code == 200


def test_without_jobs_it_says_how_to_choose_some(viewer: Client) -> None:
    answer = viewer.get("/compare/")
    assert (answer.status_code, answer.context["jobs"], answer.context["missing"]) == (200, [], "")


@pytest.mark.parametrize("jobs", ["x", "1;2", "-1", ",".join(map(str, range(1, 102)))])
def test_ids_that_are_none_are_refused_in_a_sentence(viewer: Client, jobs: str) -> None:
    answer = viewer.get("/compare/", {"jobs": jobs})
    assert answer.status_code == 400
    assert "accepted are the ids of 1 to 100 jobs" in answer.content.decode()


def test_jobs_that_are_not_there_for_the_asker_are_named_and_the_others_shown(
    viewer: Client, people: dict[str, User], make_job: MakeJob
) -> None:
    secret = create_project(name="Secret", user=people["admin"])
    hidden = start_elsewhere(project=secret, user=people["admin"], name="classified", parameters={})
    own = make_job()
    answer = viewer.get(f"/compare/?jobs={own.pk},{hidden.pk}")
    assert [job.pk for job in answer.context["jobs"]] == [own.pk]
    assert f"There is nothing under {hidden.pk}," in answer.context["missing"]
    assert "classified" not in answer.content.decode()
    assert viewer.get(f"/compare/?jobs={hidden.pk}").status_code == 404


def test_the_browser_asks_for_all_modules_at_once() -> None:
    found = modules_of("js/group.js")
    assert found[0] == "js/group.js"
    assert "js/elements/still-chart.js" in found
    assert "js/palette.js" in found
    assert modules_of("js/nothing.js") == ()


def test_groups_and_jobs_lead_here(
    viewer: Client, project: Project, people: dict[str, User], make_job: MakeJob
) -> None:
    before, alone = make_job(taught=True), make_job(taught=True)
    done = ended(before, ious(0.5))
    set_baseline(project=project, user=people["editor"], name="main", job_id=done.pk)
    document = {"name": "study", "data": {"dataset": "world"}, "seeds": [1, 2]}
    group = submit_group(project=project, user=people["editor"], document=document)
    one, two = Job.objects.filter(group=group).order_by("pk")
    link = f'href="/compare/?jobs={one.pk},{two.pk}"'
    assert link in viewer.get(f"/groups/{group.pk}/").content.decode()
    assert f"{link}><bdi>The jobs of its group" in viewer.get(f"/jobs/{one.pk}/").content.decode()
    page = viewer.get(f"/jobs/{alone.pk}/").content.decode()
    assert f'href="/compare/?jobs={alone.pk},{before.pk}"><bdi>Baseline main</bdi>' in page
    assert offers_to_compare(one)[0].title == "The jobs of its group"
