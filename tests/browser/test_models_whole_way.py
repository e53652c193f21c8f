"""The whole way of models that teach each other: one job of three, its pages, one of them a teacher again.

How images and checkpoints come in is a way of its own: test_classifying_whole_way.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from safetensors.numpy import load

from jobs.models import Job, Project
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.spec import INPUTS, CifarResNet, ClassifierCard
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.browser.test_classifying_whole_way import NAMES, pictures, taught, training
from tests.kept_datasets import keep_sealed
from tests.kept_teachers import keep_model

pytestmark = pytest.mark.slow
__all__ = ["pictures"]  # fixtures


@pytest.fixture
def zoo(project: Project, pictures: Path, tmp_path: Path) -> Project:
    """Small images, and three networks that are better than chance at them."""
    report = check_dataset(pictures, name="shapes", seal=tmp_path / "sealed")
    keep_sealed(project, tmp_path / "sealed", name="shapes", report=report)
    card = ClassifierCard(
        net=CifarResNet(depth=8), input=INPUTS["cifar_imagenet"][1], classes=report["classes"]
    )
    images_NCHW, labels_N = training(pictures)
    for seed, name in enumerate(NAMES):
        torch.manual_seed(seed)
        known = taught(images_NCHW, labels_N).state_dict()
        keep_model(project, name, card, folder=tmp_path, parameters=known)
    return project


@pytest.mark.usefixtures("zoo", "intake", "worker")
def test_from_three_models_to_one_that_learned_from_the_others(logged_in: Page, site: Site) -> None:
    page = logged_in
    page.goto(f"{site.url}/projects/moments/jobs/new/?task=classification")
    submit_mutual(page)
    expect(page.locator('[data-part="state"]')).to_have_text("succeeded", timeout=120_000)
    read_result(page)
    read_samples(page)
    page.go_back()
    keep_one(page)


def submit_mutual(page: Page) -> None:
    page.locator("#f-name").fill("each other")
    page.get_by_label("Method").select_option("mutual")
    for name in NAMES:
        page.get_by_label(re.compile(f"^{name}")).check()
    page.locator("#f-optim-epochs").fill("2")
    page.locator("#f-optim-batch_size").fill("24")
    page.locator("#f-optim-learning_rate").fill("0.01")
    page.locator("summary", has_text="Advanced").click()
    page.locator("#f-evaluation-compare_solo").check()
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="each other")).to_be_visible()


def read_result(page: Page) -> None:
    expect(page.get_by_text(re.compile("the models gained .* points of Top-1 on average"))).to_be_visible()
    for name in NAMES:
        row = page.locator(f'.is-models tr[data-row="{name}"]')
        expect(row.get_by_role("cell").first).to_have_text(re.compile(r"\d+\.\d"))
    expect(page.locator("table.transfer")).not_to_have_count(0)
    expect(page.get_by_role("heading", name="What they knew between them before")).to_be_visible()
    page.locator("#chart-val").scroll_into_view_if_needed()
    legend = page.locator("#chart-val .chart-latest")
    expect(legend.get_by_role("button")).to_have_count(len(NAMES) + 1)
    page.locator("#weights").scroll_into_view_if_needed()
    expect(page.locator("#probe tbody tr")).not_to_have_count(0)
    shot(page, "whole-result")
    result = Job.objects.get().result or {}
    file = next(one["files"]["model"] for one in result["participants"])
    with page.expect_download() as download:
        page.get_by_role("link", name=file, exact=True).click()
    assert load(download.value.path().read_bytes())


def read_samples(page: Page) -> None:
    page.get_by_role("link", name="Inspect the samples").click()
    expect(page.get_by_role("heading", name="Who knew which sample best")).to_be_visible()
    page.get_by_role("navigation", name="Whose samples").get_by_role("link", name=NAMES[1]).click()
    expect(page.get_by_text("48 samples", exact=True)).to_be_visible()
    shot(page, "whole-samples")
    page.locator(".pictured").first.click()
    expect(page.get_by_text(re.compile("knew it (best|alike)"))).to_be_visible()
    expect(page.get_by_text(f"{NAMES[1]} said")).to_be_visible()
    shot(page, "whole-sample")
    page.go_back()
    page.go_back()


def keep_one(page: Page) -> None:
    page.get_by_label("Model", exact=True).select_option(NAMES[1])
    page.get_by_label("Teacher name").fill("net-b-taught")
    page.get_by_role("button", name="Promote to teacher").click()
    page.wait_for_url(re.compile(r"/teachers/\d+/$"))
    expect(page.get_by_role("heading", name="net-b-taught")).to_be_visible()
