"""The whole way of a classifier through the pages alone: images, three checkpoints, all aggregators, the verdict."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from safetensors.numpy import load
from torch import Tensor, nn
from torch.nn import functional

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.models import Teacher
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.spec import INPUTS, CifarResNet
from mtkd_engine.tasks.classification.inputs import to_input
from tests.browser.conftest import Site

pytestmark = pytest.mark.slow
CLASSES = 3
NAMES = ("net-a", "net-b", "net-c")
WORTH = "Was clever weighting worth it?"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of two hundred small images, by split and class."""
    folder = tmp_path / "shapes"
    make_images(
        folder,
        images=ImagesPerSplit(train=150, val=24, test=24),
        size=12,
        classes=CLASSES,
        difficulty=0.0,
        form="folders",
    )
    return folder


@pytest.fixture
def checkpoints(pictures: Path, tmp_path: Path) -> list[Path]:
    """Three files as people publish them: `module.` before every name, beside what is no tensor."""
    images_NCHW, labels_N = training(pictures)
    files = []
    for seed, name in enumerate(NAMES):
        torch.manual_seed(seed)
        state = taught(images_NCHW, labels_N).state_dict()
        file = tmp_path / f"{name}.th"
        torch.save(
            {"state_dict": {f"module.{key}": value for key, value in state.items()}, "best_prec1": 90.0}, file
        )
        files.append(file)
    return files


def training(folder: Path) -> tuple[Tensor, Tensor]:
    """The images for training as such networks read them, and their classes."""
    names = json.loads((folder / "classes.json").read_text())
    files = sorted((folder / "train").rglob("*.png"))
    pixels = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
    read = to_input(torch.from_numpy(pixels).permute(0, 3, 1, 2), INPUTS["cifar_imagenet"][1])
    return read, torch.tensor([names.index(file.parent.name) for file in files])


def taught(images_NCHW: Tensor, labels_N: Tensor) -> CifarClassifier:
    """A ResNet-8 that is better than chance: its last layer is fitted to what the others say as they were drawn."""
    net = CifarClassifier(CifarResNet(depth=8), classes=CLASSES, channels=3)
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        net(images_NCHW)
        features_NF = net.eval().features(images_NCHW)
        ones_N1 = torch.ones(len(features_NF), 1)
        targets_NC = 10 * functional.one_hot(labels_N, CLASSES).float()
        fitted_FC = torch.linalg.lstsq(torch.cat((features_NF, ones_N1), dim=1), targets_NC).solution
        net.linear.weight.copy_(fitted_FC[:-1].T)
        net.linear.bias.copy_(fitted_FC[-1])
    return net


@pytest.fixture
def second_worker(unhurried_environment: dict[str, str], transactional_db: None) -> Iterator[Child]:
    """A second worker of jobs of the queue `cpu`."""
    environment = {**unhurried_environment, "MTKD_THREADS": "1"}
    child = Child(program=programs.worker(number=2, environment=environment), home=Home.from_environment())
    yield child
    child.kill()


@pytest.mark.usefixtures("project", "intake", "worker", "second_worker")
def test_from_three_checkpoints_to_the_verdict_over_all_aggregators(
    logged_in: Page, site: Site, pictures: Path, checkpoints: list[Path], until: Callable[..., None]
) -> None:
    page, project = logged_in, f"{site.url}/projects/moments/"
    page.goto(f"{project}datasets/new/")
    register_images(page, pictures)
    page.goto(f"{project}teachers/new/")
    register_teachers(page, checkpoints)
    until(lambda: Teacher.objects.count() == len(NAMES), seconds=120)
    teachers = teachers_on(page, project)
    expect(teachers).to_have_count(len(NAMES))
    teachers.first.click()
    read_about_teacher(page)

    page.goto(project)
    page.get_by_role("link", name="Submit a job").first.click()
    submit_all_aggregators(page)
    read_verdict(page)


def register_images(page: Page, folder: Path) -> None:
    archive = shutil.make_archive(str(folder), "zip", folder)
    page.get_by_label("Name", exact=True).fill("shapes")
    page.locator('input[data-part="files"]').set_input_files(archive)
    page.get_by_role("button", name="Register dataset").click()
    page.wait_for_url(re.compile(r"/datasets/\d+/$"))
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()


def register_teachers(page: Page, files: list[Path]) -> None:
    page.locator('input[data-part="files"]').set_input_files(files)
    page.get_by_label("Measure it on").select_option(label="shapes")
    page.get_by_label("Input of checkpoints").select_option("cifar_imagenet")
    page.get_by_role("button", name="Register teacher").click()
    expect(page.get_by_text("3 teachers are being registered")).to_be_visible()


def teachers_on(page: Page, project: str) -> Locator:
    page.goto(project)
    return page.locator("section", has=page.locator("#teachers-title")).get_by_role(
        "link", name=re.compile("^net-")
    )


def read_about_teacher(page: Page) -> None:
    expect(page.get_by_role("heading", name="How it was converted")).to_be_visible()
    expect(page.get_by_text("module. taken off")).to_be_visible()
    expect(page.get_by_text("cifar_resnet: depth 8")).to_be_visible()
    accuracy = page.locator("section", has=page.locator("#quality-title"))
    for split in ("val", "test"):
        cells = accuracy.get_by_role("row", name=re.compile(f"^{split}")).get_by_role("cell")
        top1, blind = (float(cells.nth(place).inner_text()) for place in (0, 4))
        assert top1 > blind


def submit_all_aggregators(page: Page) -> None:
    page.locator("#f-name").fill("all ways")
    page.get_by_label("Method").select_option("multi_teacher")
    page.get_by_label("Image size").fill("12")
    for name in NAMES:
        page.get_by_label(re.compile(f"^{name}")).check()
    page.locator("#f-optim-epochs").fill("1")
    page.locator("#f-optim-batch_size").fill("24")
    page.get_by_text("All aggregators in turn").check()
    page.get_by_role("button", name="Check only").click()
    expect(page.locator("#plan")).to_contain_text("12 jobs can be submitted as they stand")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="all ways")).to_be_visible()


def read_verdict(page: Page) -> None:
    """Some ways are enough: each is trained to its end by tests of its own, and what waits is called off here."""
    expect(page.get_by_text(WORTH)).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile("over uniform weights")).first).to_be_visible()
    page.get_by_role("button", name="Cancel what has not ended").click()
    expect(page.get_by_text(re.compile(r"\d+ of 12 jobs are done"))).to_be_visible()
    expect(page.get_by_text(WORTH)).to_be_visible()
    reference = page.get_by_role("row", name=re.compile("^Reference"))
    reference.get_by_role("link", name="0").click()
    expect(page.locator('[data-part="state"]')).to_have_text("succeeded")
    for row in ("student", "best_single", "uniform", "static", "oracle", "blind"):
        expect(page.locator(f'tr[data-row="{row}"]')).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="student.safetensors").click()
    assert "linear.weight" in load(download.value.path().read_bytes())
