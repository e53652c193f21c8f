"""Jobs that classify, looked into in a real browser: find images, open one, go from the matrix to its samples."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Job, Project, User
from jobs.queries.images import list_images
from jobs.storage.previews import image_files
from tests.browser.conftest import Site
from tests.classifying import make_classifier, make_images
from tests.inspected_classes import TEACHERS, class_columns, class_files, ended_job, images
from tests.kept_images import keep_images

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def job(project: Project, user: User, tmp_path: Path) -> Job:
    """An ended job on a little generated world, with three teachers and the student alone."""
    dataset = keep_images(project, tmp_path)
    classes = dataset.report["classes"]
    for name in TEACHERS:
        make_classifier(project, name, classes=classes)
    files = image_files(dataset)
    assert files is not None
    known = [one for one in list_images(files, limit=100).images if one.split != "train"]
    rows = [
        {"id": one.id, "split": one.split, "source": one.source, "label": classes[one.label]} for one in known
    ]
    return ended_job(
        project, user, class_files(class_columns(rows, classes=classes), classes=classes), dataset="shapes"
    )


def looked_at(page: Page, name: str) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    folder = os.environ.get("SHOTS")
    if folder:
        page.wait_for_timeout(600)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_images_are_filtered_opened_and_walked_through(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    page.get_by_role("link", name="Where teachers disagree most").click()
    expect(page.get_by_role("heading", name="Who is right")).to_be_visible()
    looked_at(page, "inspect-list")
    first = page.locator("table.has-images img").first
    assert first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 12
    page.wait_for_function("() => customElements.get('short-form')")
    page.get_by_label("Who", exact=True).select_option("big")
    page.get_by_label("And is").select_option("wrong")
    page.get_by_label("What happened").select_option("A right teacher is outvoted")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"\?sort=-disagreement&who=teacher%3Abig&right=no&outcome=outvoted$"))
    page.locator("a.pictured").first.click()
    expect(page.locator(".why")).to_contain_text("outvoted")
    expect(page.locator(".opinion")).to_have_count(6)
    picture = page.locator(".image-frame img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 12
    page.locator("#plot-course").scroll_into_view_if_needed()
    expect(page.locator("#plot-course")).to_have_attribute("data-drawn", "yes")
    looked_at(page, "inspect-image")
    page.keyboard.press("n")
    expect(page.locator("key-links")).to_contain_text("2 of ")
    page.wait_for_function("() => customElements.get('key-links')")
    page.keyboard.press("b")
    page.wait_for_url(re.compile(r"/samples/\?who="))


def test_a_square_of_the_matrix_leads_to_its_images(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/samples/")
    page.get_by_role("link", name="Confusion matrix").click()
    page.get_by_role("link", name="small", exact=True).click()
    page.get_by_role("link", name="all", exact=True).click()
    square = page.locator(".matrix a:has(rect:not(.is-right))").first
    said = square.get_attribute("aria-label") or ""
    square.hover()
    expect(page.locator("confusion-matrix output")).to_have_text(said)
    expect(page.locator(".matrix .is-told")).to_have_count(2)
    looked_at(page, "matrix")
    square.click()
    count = re.search(r": (\d+), ", said)
    assert count is not None
    expect(page.locator("table.has-images tbody tr")).to_have_count(int(count[1]))
    page.go_back()
    page.locator(".is-classes th a").first.click()
    expect(page.get_by_role("heading", name=re.compile("^What its"))).to_be_visible()
    looked_at(page, "matrix-class")


def test_a_hundred_classes_can_be_read_and_put_in_order(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    classes = [
        f"{word} {number}" for number in range(20) for word in ("oak", "wolf", "sea lion", "can", "lorry")
    ]
    make_images(project, name="many", classes=classes)
    columns = class_columns(images(1200, classes=classes), classes=classes, teachers=(), solo=False)
    for place in range(0, 1200, 7):
        columns["student_class"][place] = classes[place * place % 100]
    job = ended_job(project, user, class_files(columns, classes=classes), teachers=(), dataset="many")
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/samples/confusion/?split=all")
    expect(page.locator(".matrix .row-label")).to_have_count(100)
    looked_at(page, "matrix-hundred")
    page.get_by_role("link", name="Alike beside each other").click()
    expect(page.locator(".matrix .row-label")).to_have_count(100)
    looked_at(page, "matrix-alike")


def test_inspect_of_images_fits_a_phone(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.emulate_media(color_scheme="dark")
    for path in ("", "confusion/?class=disc", "2/"):
        page.goto(f"{site.url}/jobs/{job.pk}/samples/{path}")
        looked_at(page, f"dark-{path[:3].strip('/') or 'list'}")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in ("", "confusion/?class=disc", "2/"):
        page.goto(f"{site.url}/jobs/{job.pk}/samples/{path}")
        looked_at(page, f"phone-{path[:3].strip('/') or 'list'}")
