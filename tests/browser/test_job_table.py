"""The table of jobs as somebody uses it: columns are chosen, jobs found, views saved, and much done at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, FinalMetric, Job, Project, State, User
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.engine_double import TEACHERS
from webapp.pages.job_table import PAGE

QUALITIES = ((0.52, 40_000), (0.61, 160_000), (0.41, 4_000), (0.55, 48_000))
"""Mean overlap and parameters of each job."""


@pytest.fixture
def jobs(project: Project, user: User, sources: Dataset) -> list[Job]:
    made = [submitted(project, user, f"net {number}") for number in range(len(QUALITIES))]
    for job, (quality, parameters) in zip(made, QUALITIES, strict=True):
        for name, value in (("test/miou", quality), ("student.params", parameters)):
            FinalMetric.objects.create(job=job, name=name, value=value)
    Job.objects.update(state=State.SUCCEEDED)
    Job.objects.filter(pk=made[1].pk).update(tags=["paper", "a tag of several words"], gate_outcome="passed")
    return made


def submitted(project: Project, user: User, name: str) -> Job:
    raw = {
        "name": name,
        "data": {"dataset": "world"},
        "method": {"kind": "emtm"},
        "teachers": TEACHERS,
        "student": {"net": {"family": "span"}},
    }
    return submit(project=project, user=user, spec=parse(raw))


@pytest.fixture
def table(logged_in: Page, site: Site, jobs: list[Job]) -> Page:
    logged_in.add_init_script(f"({REPORT})()")
    logged_in.goto(f"{site.url}/projects/moments/jobs/")
    return logged_in


def find(page: Page, query: str) -> None:
    page.get_by_role("searchbox", name="Find jobs").fill(query)
    page.get_by_role("button", name="Find", exact=True).click()


def test_the_best_under_a_limit_of_parameters_is_found_and_kept_as_a_view(
    table: Page, jobs: list[Job]
) -> None:
    page = table
    page.get_by_role("link", name="Columns").click()
    for unwanted in ("method", "queue", "progress", "created", "test/r1@0.5"):
        page.locator(f'[name="column"][value="{unwanted}"]').uncheck()
    for wanted in ("test/miou", "student.params"):
        page.locator(f'[name="column"][value="{wanted}"]').check()
    page.get_by_role("button", name="Show these columns").click()
    find(page, "student.params<=50k")
    expect(page.get_by_text("3 jobs found")).to_be_visible()
    page.get_by_role("columnheader", name="test/miou").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="test/miou")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody .job-name")).to_have_text(["net 3", "net 0", "net 2"])
    expect(page.locator("tbody tr").first).to_contain_text("55.0 %")

    there = page.url
    page.locator("summary", has_text="Save as view").click()
    page.get_by_label("Name of the view").fill("small nets")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("navigation", name="Ready queries").get_by_role("link", name="all", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(len(jobs))
    view = page.get_by_role("link", name="small nets")
    view.click()
    assert page.url == there
    expect(view).to_have_attribute("aria-current", "page")
    assert page.evaluate("() => window.violations") == []
    page.locator("tbody .job-name").first.click()
    expect(page.get_by_role("heading", name="net 3")).to_be_visible()


def test_a_range_of_jobs_is_ticked_and_tagged_and_each_says_what_came_of_it(table: Page) -> None:
    page = table
    boxes = page.locator("tbody [name='row']")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("Ticked jobs (3)")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    assert page.evaluate("() => document.querySelector('#action').validity.valueMissing")
    page.get_by_label("Action").select_option(label="Add tags")
    page.get_by_label("Tags, with commas between").fill("nightly, ci")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="3 of 3 jobs done")).to_be_visible()
    expect(page.locator(".source-list li")).to_have_count(3)
    page.get_by_role("link", name="Back to the table").click()
    page.locator("a.tag", has_text="nightly").first.click()
    expect(page.get_by_text("3 jobs found")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Find jobs")).to_have_value("tag:nightly")
    page.get_by_role("checkbox", name="Tick all jobs of this page").check()
    expect(page.get_by_text("Ticked jobs (3)")).to_be_visible()


def test_a_misspelled_metric_is_answered_with_the_one_that_was_meant(table: Page) -> None:
    find(table, "tset/miou>0.4")
    expect(table.get_by_text("near names are test/miou")).to_be_visible()
    find(table, "test/miou>0.4 -state:")
    expect(table.get_by_role("alert")).to_contain_text("has nothing after")
    expect(table.get_by_role("searchbox", name="Find jobs")).to_have_value("test/miou>0.4 -state:")


def test_pages_are_turned_in_both_directions(table: Page, project: Project) -> None:
    model = Job.objects.order_by("-pk")[0]
    Job.objects.bulk_create(
        Job(project=project, name=f"more {number}", spec=model.spec) for number in range(PAGE)
    )
    table.reload()
    expect(table.locator("tbody tr")).to_have_count(PAGE)
    first = table.locator("tbody .job-name").first
    expect(first).to_have_text(f"more {PAGE - 1}")
    table.get_by_role("link", name="Next").click()
    expect(table.locator("tbody .job-name")).to_have_text(["net 3", "net 2", "net 1", "net 0"])
    table.get_by_role("link", name="Previous").click()
    expect(first).to_have_text(f"more {PAGE - 1}")
    expect(table.get_by_role("link", name="Previous")).to_have_count(0)


def test_the_table_fits_a_phone_and_tags_stay_whole_words(table: Page, site: Site) -> None:
    page = table
    page.emulate_media(color_scheme="dark")
    wide = (
        "?columns=state,name,test/miou,student.params,optim.learning_rate,student.net.width,gate,tags,created"
    )
    page.goto(f"{site.url}/projects/moments/jobs/{wide}")
    tag = page.locator("a.tag", has_text=re.compile("^paper$"))
    box = tag.bounding_box()
    assert box is not None
    assert box["height"] < 2 * 12
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for address in (page.url, f"{site.url}/projects/moments/jobs/columns/"):
        page.goto(address)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], address
