"""The form of a job follows the dataset that is chosen, and what is seen of its clips."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Job, Project
from tests.browser.conftest import Site
from tests.classifying import make_images
from tests.seen_as import make_held, make_reader

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def form(logged_in: Page, site: Site, project: Project) -> Page:
    for seen_as in ("clips", "streams", "features"):
        make_reader(project, f"reads {seen_as}", reads=seen_as)
    make_held(project, "features", width=48)
    make_held(project, "features", name="wider", width=96)
    make_held(project, "clips")
    make_images(project)
    logged_in.goto(f"{site.url}/projects/moments/jobs/new/")
    return logged_in


def test_choosing_a_dataset_asks_for_what_it_needs(form: Page) -> None:
    page = form
    dataset, width = page.get_by_label("Dataset"), page.locator('[name="student.input.width"]')
    expect(page.get_by_label("Image size")).to_be_visible()
    page.locator("#f-name").fill("mine")
    dataset.select_option("features")
    expect(width).to_have_value("48")
    expect(page.locator("#f-name")).to_have_value("mine")
    expect(page.get_by_text("Nothing was submitted yet")).to_be_visible()
    dataset.select_option("wider")
    expect(width).to_have_value("96")
    dataset.select_option("clips")
    expect(page.get_by_role("radio", name="Frames", exact=True)).to_be_checked()
    assert not Job.objects.exists()


def test_streams_are_chosen_and_one_of_them_left_out(form: Page) -> None:
    page = form
    page.get_by_label("Dataset").select_option("clips")
    page.get_by_role("radio", name="compressed stream").check()
    motion = page.locator("#f-student-net-motion")
    expect(motion).to_have_value("cifar_resnet")
    depth = page.locator("#f-student-net-motion-cifar_resnet-depth")
    expect(depth).to_be_visible()
    motion.select_option("none")
    expect(depth).to_be_hidden()
    page.get_by_label("Method").select_option("multi_teacher")
    page.get_by_label("reads streams").check()
    expect(page.get_by_label("reads clips")).to_have_count(0)
    looked_at(page, "streams")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="multi_teacher on clips")).to_be_visible()
    spec = Job.objects.get().spec
    assert spec["data"]["kind"] == "streams"
    assert spec["student"]["net"]["motion"] is None


def test_an_assistant_is_chosen_in_a_row_of_its_own(form: Page, project: Project) -> None:
    page = form
    make_held(project, "features", name="fitting")
    page.reload()
    page.get_by_label("Dataset").select_option("fitting")
    expect(page.locator('[name="student.input.width"]')).to_have_value("32")
    page.get_by_label("Method").select_option("staged")
    page.get_by_label("reads features").check()
    page.locator('[data-option="staged"] > .fields > details.more > summary').click()
    first = page.get_by_label("Assistants 1", exact=True)
    assert first.locator("option").all_text_contents() == ["none", "sequence"]
    width = page.locator('[name="method[staged].assistants.0.net[sequence].width"]')
    expect(width).to_be_hidden()
    first.select_option("sequence")
    width.fill("64")
    looked_at(page, "assistants")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="staged on fitting")).to_be_visible()
    (assistant,) = Job.objects.get().spec["method"]["assistants"]
    assert (assistant["net"]["family"], assistant["net"]["width"]) == ("sequence", 64)


def looked_at(page: Page, name: str) -> None:
    folder, before = os.environ.get("SHOTS"), page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    if folder:
        page.screenshot(path=f"{folder}/{name}-phone.png", full_page=True)
    page.set_viewport_size(before)  # type: ignore[arg-type]
    if folder:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)
