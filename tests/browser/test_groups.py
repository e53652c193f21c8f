"""An ablation group from the form to its verdict, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Group, Job, Project, User
from jobs.operations.groups import submit_group
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.engine_double import TEACHERS, EngineDouble
from tests.group_double import end_well, ious, of_cell

LONG = "learning rate " + "x" * 80 + " الباب <b>"
DRAWN = "() => document.querySelectorAll('still-chart .scatterlayer .point').length"


def seed(page: Page, cell: str, number: int) -> Any:
    return page.locator(f'tr[data-cell="{cell}"] .seed', has_text=str(number))


def test_an_ablation_group_is_submitted_by_the_form_and_fills_while_it_is_watched(
    logged_in: Page, site: Site, sources: Dataset
) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/projects/moments/jobs/new/")
    page.get_by_label("Name", exact=True).fill("what brings what")
    kau = page.get_by_role("checkbox", name="KAU: all teachers")
    expect(kau).to_be_hidden()
    page.get_by_label("Method").select_option("emtm")
    for name in TEACHERS:
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_label("Seeds").fill("1, 2, 3")
    kau.check()
    page.get_by_role("checkbox", name="Soft labels").check()
    page.get_by_role("button", name="Submit job").click()

    expect(page.get_by_role("heading", name="what brings what")).to_be_visible()
    expect(page.get_by_text("0 of 9 jobs are done: 9 wait.")).to_be_visible()
    page.evaluate("() => { window.sameDocument = true; }")
    group = Group.objects.get()
    assert group.document["ablate"] == ["kau", "soft_labels"]

    EngineDouble().start(total_steps=40)
    expect(seed(page, "", 1)).to_have_attribute("data-state", "running")
    for number in (1, 2, 3):
        end_well(of_cell(group, "", number), iou=ious(0.5, seed=number))
        end_well(of_cell(group, "kau", number), iou=ious(0.4, seed=number))
    expect(page.get_by_text("KAU brings +10.0 mIoU over uniform weights")).to_be_visible()
    expect(page.locator('tr[data-cell="kau"] .judged')).to_have_text("−10.0")
    page.locator("still-chart").scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({DRAWN})() === 8")  # six seeds and two means

    for number in (1, 2, 3):
        end_well(of_cell(group, "soft_labels", number), iou=ious(0.5, seed=number)[::-1])
    expect(page.get_by_text("All 9 jobs are done.")).to_be_visible()
    expect(page.get_by_text("Learning from soft labels brings")).to_contain_text(
        "not distinguishable with 3 seeds"
    )
    page.wait_for_function(f"() => ({DRAWN})() === 12")
    # The bundle brings the style sheet of its maps, which are not used here.
    assert page.evaluate("() => window.violations") == [["style-src-elem", "inline"]]
    assert page.evaluate("() => window.sameDocument") is True

    page.get_by_role("link", name="R1@0.5").click()
    expect(page.locator("tr.is-reference .is-mean")).not_to_have_text("50.0")
    with page.expect_download() as download:
        page.get_by_role("link", name="all jobs with all metrics").click()
    assert len(download.value.path().read_text().splitlines()) == 10
    seed(page, "kau", 2).click()
    expect(page.get_by_role("link", name="what brings what", exact=True)).to_be_visible()


@pytest.fixture
def group(project: Project, user: User, sources: Dataset) -> Group:
    document = {
        "name": "n" * 110,
        "data": {"dataset": "world"},
        "method": {"kind": "emtm"},
        "teachers": TEACHERS,
        "seeds": list(range(12)),
        "ablate": ["kau", "solo", {"cell": LONG, "change": {"optim": {"epochs": 2}}}],
    }
    made = submit_group(project=project, user=user, document=document)
    for number in range(3):
        for cell, level in (("", 0.5), ("kau", 0.48), ("solo", 0.4), (LONG, 0.51)):
            end_well(of_cell(made, cell, number), iou=ious(level, seed=number))
    Job.objects.filter(pk=of_cell(made, "kau", 4).pk).update(state="failed")
    return made


def test_long_names_fit_a_phone(logged_in: Page, site: Site, group: Group) -> None:
    page = logged_in
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    of_job = of_cell(group, LONG, 0)
    for path in (
        f"/groups/{group.pk}/",
        "/projects/moments/",
        "/projects/moments/groups/",
        "/projects/moments/jobs/",
        f"/projects/moments/jobs/new/?group={group.pk}",
        f"/jobs/{of_job.pk}/",
    ):
        page.goto(site.url + path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], path
    page.goto(f"{site.url}/groups/{group.pk}/")
    page.locator("still-chart").scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({DRAWN})() > 0")


def test_a_group_is_cancelled_by_a_click(logged_in: Page, site: Site, group: Group) -> None:
    page = logged_in
    page.goto(f"{site.url}/groups/{group.pk}/")
    page.get_by_role("button", name="Cancel what has not ended").click()
    expect(page.get_by_text("You asked to cancel 35 jobs.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel what has not ended")).to_be_hidden()
    expect(page.locator("[data-again]")).to_have_count(0)


def test_the_choices_follow_the_method(logged_in: Page, site: Site, sources: Dataset) -> None:
    page = logged_in
    page.goto(f"{site.url}/projects/moments/jobs/new/")
    static = page.get_by_role("checkbox", name="Weighing per sample")
    solo = page.get_by_role("checkbox", name="All that teaches: the same student")
    net = page.get_by_label("Network")
    expect(static).to_be_hidden()
    expect(net).to_be_visible()
    page.get_by_label("Method").select_option("aggregate")
    expect(static).to_be_visible()
    expect(solo).to_be_hidden()
    expect(net).to_be_hidden()
    page.get_by_label("Method").select_option("emtm")
    expect(solo).to_be_visible()
    expect(net).to_be_visible()
