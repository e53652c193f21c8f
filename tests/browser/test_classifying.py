"""Jobs that classify images: the form, a group over all aggregators, what a job shows."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Group, Job, Project, User
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from mtkd_engine.events import Entered, Progressed
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.classifying import end_classifying, full_result, make_classifier, make_images, said_with, spec_of
from tests.engine_double import EngineDouble
from tests.group_double import of_cell

PHONE = {"width": 360, "height": 740}
CLICK_EACH = "All aggregators in turn"


@pytest.fixture
def pets(project: Project, logged_in: Page) -> Page:
    for name in ("big", "small"):
        make_classifier(project, name)
    make_images(project)
    return logged_in


def looked_at(page: Page, name: str) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    folder = os.environ.get("SHOTS")
    if folder:
        page.wait_for_timeout(600)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_form_shows_what_belongs_to_the_choices_and_says_what_would_be_kept(
    pets: Page, site: Site
) -> None:
    page = pets
    page.goto(f"{site.url}/projects/moments/jobs/new/?task=classification")
    page.get_by_label("Method").select_option("multi_teacher")
    page.get_by_label("big (Top-1 81.0 %)").check()
    page.get_by_label("small (Top-1 81.0 %)").check()
    page.locator("#f-method-multi_teacher-aggregator").select_option("kau")
    page.locator("details:has(#f-method-multi_teacher-features-0-kind) > summary").first.click()
    weight = page.locator("#f-method-multi_teacher-features-0-weight")
    expect(weight).to_be_hidden()
    page.locator("#f-method-multi_teacher-features-0-kind").select_option("crd")
    expect(weight).to_be_visible()
    looked_at(page, "form")
    page.locator("#f-method-multi_teacher-features-0-kind").select_option("")
    page.get_by_text(CLICK_EACH).check()
    page.get_by_role("button", name="Check only").click()
    expect(page.locator("#plan")).to_contain_text("12 jobs can be submitted as they stand")
    looked_at(page, "plan")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    looked_at(page, "plan-phone")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="multi_teacher on pets")).to_be_visible()
    assert Group.objects.get().jobs.count() == 12


def test_a_group_over_all_aggregators_is_read_in_words_table_and_plot(
    pets: Page, site: Site, project: Project, user: User
) -> None:
    document = {**spec_of("big", "small"), "seeds": [1, 2, 3], "ablate": ["aggregator:*", "solo"]}
    group = submit_group(project=project, user=user, document=document)
    for place, cell in enumerate(sorted({job.spec["group"]["cell"] for job in group.jobs.all()})):
        for seed in (1, 2, 3):
            end_classifying(of_cell(group, cell, seed), said_with(10 + 3 * (place % 7), seed=seed))
    page = pets
    page.goto(f"{site.url}/groups/{group.pk}/")
    expect(page.get_by_text("Was clever weighting worth it?")).to_be_visible()
    page.locator("still-chart").scroll_into_view_if_needed()
    expect(page.locator("still-chart[data-drawn]")).to_have_count(1)
    looked_at(page, "group")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    looked_at(page, "group-phone")


def test_a_job_shows_how_far_its_cache_is_and_then_its_classes(
    pets: Page, site: Site, project: Project, user: User
) -> None:
    job = submit(project=project, user=user, spec=parse(spec_of("big", "small")))
    double = EngineDouble()
    double.start()
    double.say(Entered(part="cache", detail="big"), Progressed(part="cache", detail="big", done=300, of=1200))
    page = pets
    page.goto(f"{site.url}/jobs/{job.pk}/")
    steps = page.locator('[data-part="steps"]')
    expect(steps).to_contain_text("Keeping the teachers' beliefs (big): 300 of 1,200 (25 %)")
    double.say(Progressed(part="cache", detail="big", done=1200, of=1200))
    expect(steps).to_contain_text("1,200 of 1,200 (100 %)")
    looked_at(page, "job-cache")
    ended = end_classifying(Job.objects.get(pk=job.pk), said_with(15))
    Job.objects.filter(pk=job.pk).update(result=full_result(ended))
    page.reload()
    page.locator("#plot-confusion").scroll_into_view_if_needed()
    expect(page.locator("#plot-confusion[data-drawn]")).to_be_visible()
    looked_at(page, "job")
    page.get_by_role("button", name="Switch between light and dark").click()
    looked_at(page, "job-dark")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    looked_at(page, "job-phone")
