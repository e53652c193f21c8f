"""The whole way of segmenters and saliency networks that teach each other: the form, the engine, pages with maps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Project
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.spec import SaliencyCard, SegmenterCard
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.browser.test_dense import drawn
from tests.kept_datasets import keep_sealed
from tests.kept_teachers import keep_model

pytestmark = pytest.mark.slow
READS = {"kind": "picture", "height": 16, "width": 16}
SEGMENTERS, LOOKERS = ("wide", "narrow"), ("first", "second", "third")


def pyramid(width: int) -> dict[str, object]:
    return {"family": "pyramid", "width": width, "backbone": {"family": "cifar_resnet", "depth": 8}}


def kept(project: Project, folder: Path) -> Dataset:
    """What was made in a folder, as a dataset called after it."""
    sealed = folder.parent / f"{folder.name}-sealed"
    report = check_dataset(folder, name=folder.name, seal=sealed)
    return keep_sealed(project, sealed, name=folder.name, report=report)


@pytest.fixture
def streets(project: Project, tmp_path: Path) -> Dataset:
    """Pictures with masks, and two networks that were drawn and not trained."""
    make_masks(tmp_path / "streets", pictures=PicturesPerSplit(16, 4, 8), size=16, classes=3)
    dataset = kept(project, tmp_path / "streets")
    for width, name in zip((8, 4), SEGMENTERS, strict=True):
        card = {"net": pyramid(width), "input": READS, "classes": dataset.report["classes"]}
        keep_model(project, name, SegmenterCard.model_validate(card), folder=tmp_path, seed=width)
    return dataset


@pytest.fixture
def glances(project: Project, tmp_path: Path) -> Dataset:
    """Pictures that people looked at, and three networks."""
    make_gaze(tmp_path / "glances", pictures=LookedAtPerSplit(16, 4, 8), size=16)
    dataset = kept(project, tmp_path / "glances")
    for seed, name in enumerate(LOOKERS):
        card = SaliencyCard.model_validate({"net": pyramid(4), "input": READS})
        keep_model(project, name, card, folder=tmp_path, seed=seed)
    return dataset


@pytest.mark.usefixtures("worker", "streets", "glances")
def test_pairs_of_segmenters_and_triples_of_saliency_networks_teach_each_other(
    logged_in: Page, site: Site
) -> None:
    page, form = logged_in, f"{site.url}/projects/moments/jobs/new/"
    pair = submit(page, f"{form}?task=segmentation", name="pair of streets", models=SEGMENTERS)
    triple = submit(page, f"{form}?task=saliency", name="triple of glances", models=LOOKERS)
    page.goto(pair)
    read_result(page, SEGMENTERS, measure="mIoU")
    read_samples(page, SEGMENTERS, measure="mIoU")
    page.goto(triple)
    read_result(page, LOOKERS, measure="CC")
    read_samples(page, LOOKERS, measure="SIM")
    page.goto(triple)
    keep_one(page, LOOKERS[2])


def submit(page: Page, form: str, *, name: str, models: Sequence[str]) -> str:
    """This will fill in the form and give the address of the job."""
    page.goto(form)
    expect(page.get_by_label("Dataset")).not_to_contain_text("0 classes")
    page.locator("#f-name").fill(name)
    page.get_by_label("Method").select_option("mutual")
    for model in models:
        page.locator("#f-teachers ~ .check-list").get_by_label(re.compile(f"^{model}")).check()
    for field, value in (("data-height", 16), ("data-width", 16), ("optim-epochs", 1)):
        page.locator(f"#f-{field}").fill(str(value))
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.url


def read_result(page: Page, models: Sequence[str], *, measure: str) -> None:
    """The page is open while the engine works: what was live becomes the result."""
    expect(page.locator('[data-part="state"]')).to_have_text("succeeded", timeout=120_000)
    expect(page.get_by_text(re.compile(f"points of {measure} on average"))).to_be_visible()
    for model in models:
        row = page.locator(f'.is-models tr[data-row="{model}"]')
        expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile(r"\d+\.\d"))
    shares = page.locator("table.transfer").first
    expect(shares.get_by_role("row")).to_have_count(len(models) + 1)
    expect(page.get_by_role("heading", name="What they knew between them before")).to_be_visible()
    page.locator("#chart-val").scroll_into_view_if_needed()
    expect(page.locator("#chart-val .chart-latest").get_by_role("button")).to_have_count(len(models) + 1)
    page.locator("#weights").scroll_into_view_if_needed()
    expect(page.locator("#probe tbody tr")).to_have_count(4)
    shot(page, f"dense-zoo-result-{len(models)}")


def read_samples(page: Page, models: Sequence[str], *, measure: str) -> None:
    page.get_by_role("link", name="Inspect the samples").click()
    whose = page.get_by_role("navigation", name="Whose samples")
    for model in (*models[1:], models[0]):
        whose.get_by_role("link", name=model).click()
        expect(whose.locator('[aria-current="page"]')).to_have_text(model)
        expect(page.get_by_text("12 samples", exact=True)).to_be_visible()
    shot(page, f"dense-zoo-samples-{len(models)}")
    page.locator(".pictured").first.click()
    expect(page.get_by_text(f"{measure} on this image")).to_be_visible()
    maps = page.locator(".said-maps > li")
    expect(maps).to_have_count(2 + 2 * len(models))  # the picture, the truth, and each before and after
    drawn(page)
    shot(page, f"dense-zoo-sample-{len(models)}")


def keep_one(page: Page, model: str) -> None:
    page.get_by_label("Model", exact=True).select_option(model)
    page.get_by_label("Teacher name").fill(f"{model}-taught")
    page.get_by_role("button", name="Promote to teacher").click()
    page.wait_for_url(re.compile(r"/registrations/\d+/$"))
    expect(page.get_by_role("heading", name=f"{model}-taught")).to_be_visible()
