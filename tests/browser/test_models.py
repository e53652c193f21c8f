"""Models that teach each other in a real browser: the form, the live curves, the result, who knew which sample best."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Job, Project, User
from jobs.operations.jobs import submit
from mtkd_engine.events import Metrics, ProbeSet, Weights
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.classifying import make_classifier, make_images
from tests.engine_double import EngineDouble
from tests.participating import MODELS, ended_mutual, mutual_spec

LEARNER = "#f-method-partition-student"


@pytest.fixture
def pets(project: Project, logged_in: Page) -> Page:
    for name in MODELS:
        make_classifier(project, name)
    make_images(project)
    return logged_in


def test_the_form_asks_for_participants_and_which_of_them_learns(pets: Page, site: Site) -> None:
    page = pets
    page.goto(f"{site.url}/projects/moments/jobs/new/?task=classification")
    expect(page.get_by_role("heading", name="Student")).to_be_visible()
    page.get_by_label("Method").select_option("partition")
    expect(page.get_by_role("heading", name="Student")).to_be_hidden()
    expect(page.locator("#f-teachers").get_by_text("Participants")).to_be_visible()
    expect(page.get_by_text("These models are trained already")).to_be_visible()
    expect(page.locator(f"{LEARNER} option:enabled")).to_have_count(1)
    page.get_by_label("big (Top-1 81.0 %)").check()
    page.get_by_label("small (Top-1 81.0 %)").check()
    expect(page.locator(f"{LEARNER} option:enabled")).to_have_count(3)
    page.locator(LEARNER).select_option("small")
    page.get_by_label("small (Top-1 81.0 %)").uncheck()
    expect(page.locator(LEARNER)).to_have_value("")
    page.get_by_label("small (Top-1 81.0 %)").check()
    page.locator(LEARNER).select_option("small")
    shot(page, "form-partition")
    page.get_by_label("Method").select_option("mutual")
    page.get_by_role("button", name="Check only").click()
    expect(page.locator("#plan")).to_contain_text("1 job can be submitted as it stands")
    shot(page, "form-mutual")


def test_curves_are_told_apart_by_model_and_who_knows_best_is_live(
    pets: Page, site: Site, project: Project, user: User
) -> None:
    job = submit(project=project, user=user, spec=parse(mutual_spec(*MODELS)))
    double = EngineDouble()
    double.start()
    labels = ["cat", "dog", "fox"]
    double.say(ProbeSet(sample_ids=["a", "b", "c"], labels=labels))
    for step in range(0, 100, 10):
        known = {f"weight/{name}": (0.5, 0.3, 0.2)[place] for place, name in enumerate(MODELS)}
        told = {
            f"{prefix}{name}/{of}": 0.3 + 0.05 * place + step / 1000
            for place, name in enumerate(MODELS)
            for prefix, of in (
                ("loss/", "supervised"),
                ("loss/", "transfer"),
                ("val/", "top1"),
                ("val/", "nll"),
            )
        }
        mean = {"val/top1": 0.35 + step / 1000, "loss/total": 2.0}
        double.say(Metrics(step=step, values={**known, **told, **mean}))
        rows = [[float(row == place) for place in range(3)] for row in range(3)]
        double.say(Weights(step=step, teachers=list(MODELS), mean=[0.5, 0.3, 0.2], probe=rows, entropy=0.9))
    page = pets
    page.goto(f"{site.url}/jobs/{job.pk}/")
    legend = page.locator("#chart-val .chart-latest")
    expect(legend.get_by_role("button")).to_have_count(4)
    for name in ("mean", *MODELS):
        expect(legend.get_by_role("button", name=name)).to_be_visible()
    expect(page.locator("#weights")).to_contain_text("Who knows best")
    expect(page.locator("#probe tbody tr")).to_have_count(3)
    page.locator("#weights").scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    shot(page, "live")


def test_a_result_leads_to_the_samples_of_each_model(
    pets: Page, site: Site, project: Project, user: User
) -> None:
    job = ended_mutual(project, user)
    page = pets
    page.goto(f"{site.url}/jobs/{job.pk}/")
    expect(page.get_by_role("row", name="small")).not_to_have_count(0)
    expect(page.locator("table.transfer")).to_have_count(2)
    shot(page, "result")
    page.get_by_role("link", name="Put right in big").click()
    expect(page.get_by_role("heading", name="Who knew which sample best")).to_be_visible()
    expect(page.get_by_text("5 of 48 samples")).to_be_visible()
    page.get_by_role("navigation", name="Whose samples").get_by_role("link", name="small").click()
    expect(page.get_by_text("6 of 48 samples").or_(page.get_by_text("12 of 48 samples"))).to_be_visible()
    shot(page, "inspect-list")
    page.locator(".pictured").first.click()
    expect(page.get_by_text("knew it best.")).to_be_visible()
    shot(page, "inspect-sample")
    page.goto(f"{site.url}/jobs/{job.pk}/samples/confusion/?participant=small&who=start")
    expect(page.get_by_role("heading", name="Before")).to_be_visible()
    shot(page, "inspect-matrix")


def test_a_model_is_kept_as_a_teacher(pets: Page, site: Site, project: Project, user: User) -> None:
    job: Job = ended_mutual(project, user, method="partition")
    page = pets
    page.goto(f"{site.url}/jobs/{job.pk}/")
    shot(page, "result-partition")
    page.get_by_label("Model", exact=True).select_option("big")
    page.get_by_label("Teacher name").fill("big-2")
    page.get_by_role("button", name="Promote to teacher").click()
    expect(page.get_by_role("heading", name="big-2")).to_be_visible()
