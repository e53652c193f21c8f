"""Masks, densities and answers over pictures in a real browser: how much of them is seen is chosen by keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from jobs.models import Dataset, Job, Project
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze_videos
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.kept_datasets import keep_sealed
from tests.kept_dense import dense_job, keep_gaze, keep_masks


@pytest.fixture
def streets(project: Project, tmp_path: Path) -> Dataset:
    return keep_masks(project, tmp_path)


@pytest.fixture
def job(project: Project, streets: Dataset) -> Job:
    return dense_job(project, streets)


def opacity(layer: Locator) -> float:
    return float(layer.evaluate("layer => getComputedStyle(layer).opacity"))


DECODED = """image => Promise.race([
    image.decode(),
    new Promise((_, refuse) => setTimeout(() => refuse(new Error("the picture never came")), 30_000)),
])"""


def drawn(page: Page) -> None:
    """All pictures of a page are there, and none is broken."""
    for layer in page.locator(".layers img").all():
        layer.scroll_into_view_if_needed()
        layer.evaluate(DECODED)


def test_masks_lie_over_pictures_as_strongly_as_chosen(logged_in: Page, site: Site, streets: Dataset) -> None:
    page = logged_in
    page.goto(f"{site.url}/datasets/{streets.pk}/")
    drawn(page)
    shot(page, "masks-card")
    page.locator(".image-grid a").nth(2).click()
    page.wait_for_url("**/samples/2/")
    mask = page.locator("img.layer")
    drawn(page)
    picture = page.locator("img.under").bounding_box()
    assert picture == mask.bounding_box()
    assert opacity(mask) == pytest.approx(0.6)
    shot(page, "masks-sample")
    page.get_by_role("radio", name="Both").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Picture", exact=True)).to_be_checked()
    assert opacity(mask) == 0.0
    page.get_by_text("Without picture").click()
    assert opacity(mask) == 1.0
    expect(page.locator("img.under")).to_be_hidden()
    page.wait_for_function("() => customElements.get('key-links')")
    page.keyboard.press("n")
    expect(page.locator("key-links")).to_contain_text("4 of 12")
    page.goto(f"{site.url}/datasets/{streets.pk}/samples/")
    drawn(page)
    shot(page, "masks-list")


def test_density_and_fixations_are_switched_apart(
    logged_in: Page, site: Site, project: Project, tmp_path: Path
) -> None:
    glances = keep_gaze(project, tmp_path)
    page = logged_in
    page.goto(f"{site.url}/datasets/{glances.pk}/")
    drawn(page)
    shot(page, "gaze-card")
    page.goto(f"{site.url}/datasets/{glances.pk}/samples/3/")
    drawn(page)
    shot(page, "gaze-sample")
    expect(page.locator("img.layer")).to_have_count(2)
    page.get_by_text("Fixations", exact=True).first.click()
    expect(page.locator('img.layer[data-of="fixations"]')).to_be_hidden()
    expect(page.locator('img.layer[data-of="density"]')).to_be_visible()
    job = dense_job(project, glances)
    page.goto(f"{site.url}/jobs/{job.pk}/samples/1/")
    drawn(page)
    shot(page, "gaze-inspect")


def test_a_film_shows_the_density_of_the_frame_it_stands_at(
    logged_in: Page, site: Site, project: Project, tmp_path: Path
) -> None:
    make_gaze_videos(tmp_path / "raw", videos=LookedAtPerSplit(1, 1, 1), frames=24)
    report = check_dataset(tmp_path / "raw", name="films", seal=tmp_path / "sealed")
    films = keep_sealed(project, tmp_path / "sealed", name="films", report=report)
    page = logged_in
    page.goto(f"{site.url}/datasets/{films.pk}/samples/0/")
    page.wait_for_function("() => customElements.get('gaze-film')")
    expect(page.locator("gaze-film output")).to_have_text("Frame 0")
    page.wait_for_function("() => document.querySelector('video').readyState > 0")
    page.evaluate("() => { document.querySelector('video').currentTime = 0.5; }")
    expect(page.locator("gaze-film output")).not_to_have_text("Frame 0")
    frame = page.locator("gaze-film").get_attribute("data-frame")
    expect(page.locator('img[data-of="density"]')).to_have_attribute("src", re.compile(f"frame={frame}$"))
    drawn(page)
    shot(page, "film-sample")
    video, layer = page.locator("video").bounding_box(), page.locator("img.layer").first.bounding_box()
    assert video == layer


def test_what_models_say_of_a_picture_stands_side_by_side(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/samples/")
    drawn(page)
    shot(page, "dense-list")
    page.get_by_role("link", name="Largest gain").click()
    page.locator("a.pictured").first.click()
    page.wait_for_function("() => customElements.get('key-links')")
    page.keyboard.press("n")
    expect(page.locator("key-links")).to_contain_text("2 of 8")
    expect(page.locator(".said-maps > li")).to_have_count(6)
    drawn(page)
    shot(page, "dense-sample")
    page.get_by_text("Without picture").click()
    assert {opacity(layer) for layer in page.locator(".said-maps img.layer").all()} == {1.0}
