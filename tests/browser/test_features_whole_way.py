"""The whole way of features of clips through the pages: one file, two teachers, a group over all aggregators."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job, Project, Registration, RegistrationState, State
from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.kept_teachers import keep_teacher

pytestmark = pytest.mark.slow
TRAINED, DRAWN = "early", "late"
"""Teachers: one is the student of a real job, what the other one says does not matter here."""
STUDENT: Mapping[str, Any] = {
    "net": {"family": "sequence", "stages": 1, "width": 8},
    "input": {"kind": "features", "width": 32, "frames": 6},
}


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """One file with features of six dozen clips."""
    folder = tmp_path / "moves"
    make_clips(
        folder, clips=ClipsPerSplit(train=48, val=12, test=12), frames=6, difficulty=0.1, form="features"
    )
    return folder / "features.npz"


@pytest.mark.usefixtures("intake", "worker")
def test_from_one_file_to_a_group_over_all_aggregators(
    logged_in: Page,
    site: Site,
    project: Project,
    features: Path,
    tmp_path: Path,
    until: Callable[..., None],
) -> None:
    page, address = logged_in, f"{site.url}/projects/moments/"
    page.goto(f"{address}datasets/new/")
    register_features(page, features)
    look_at_clips(page)
    train_teacher(page, address, name=TRAINED, seed=1, until=until)
    classes = Dataset.objects.get().report["classes"]
    keep_teacher(project, DRAWN, STUDENT, classes=classes, folder=tmp_path, seed=2)

    page.goto(f"{address}jobs/new/")
    fill(page, name="all ways")
    page.get_by_label("Method").select_option("multi_teacher")
    for name in (TRAINED, DRAWN):
        page.get_by_label(re.compile(f"^{name}")).check()
    page.get_by_text("All aggregators in turn").check()
    page.get_by_role("button", name="Check only").click()
    expect(page.locator("#plan")).to_contain_text("12 jobs can be submitted as they stand")
    shot(page, "form")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="all ways")).to_be_visible()
    read_reference(page)


def register_features(page: Page, file: Path) -> None:
    page.get_by_label("Name", exact=True).fill("moves")
    page.locator('input[data-part="files"]').set_input_files(file)
    expect(page.get_by_label("Format").locator('option[value="feature_arrays"]')).to_be_attached()
    shot(page, "register")
    page.get_by_role("button", name="Register dataset").click()
    page.wait_for_url(re.compile(r"/datasets/\d+/$"), timeout=120_000)


def look_at_clips(page: Page) -> None:
    expect(page.get_by_role("heading", name="Some clips")).to_be_visible()
    expect(page.get_by_text("32 wide, up to 6 rows a clip")).to_be_visible()
    shot(page, "dataset")
    page.get_by_role("link", name="All clips").click()
    expect(page.get_by_role("status").filter(has_text="72 clips")).to_be_visible()
    shot(page, "clips")
    page.get_by_role("link", name="train-00000").click()
    expect(page.get_by_text("6 of width 32")).to_be_visible()
    page.go_back()
    page.go_back()
    page.get_by_role("link", name="Submit a job").click()
    expect(page.locator('[name="student.input.width"]')).to_have_value("32")


def fill(page: Page, *, name: str) -> None:
    page.locator("#f-name").fill(name)
    page.locator("#f-data-rows").fill("6")
    page.locator("#f-student-net-stages").fill("1")
    page.locator("#f-student-net-width").fill("8")
    page.locator("#f-optim-epochs").fill("1")
    page.locator("#f-optim-batch_size").fill("24")


def train_teacher(page: Page, project: str, *, name: str, seed: int, until: Callable[..., None]) -> None:
    """A job from labels alone, whose student is promoted on its page."""
    page.goto(f"{project}jobs/new/")
    fill(page, name=name)
    page.locator("summary", has_text="Advanced").click()
    page.locator("#f-seed").fill(str(seed))
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    until(lambda: Job.objects.get(name=name).is_final, seconds=300)
    job = Job.objects.get(name=name)
    assert job.state == State.SUCCEEDED, job.failure
    page.reload()
    page.get_by_label("Teacher name").fill(name)
    page.get_by_role("button", name="Promote to teacher").click()
    until(lambda: Registration.objects.filter(name=name, finished_at__isnull=False).exists(), seconds=300)
    row = Registration.objects.get(name=name)
    assert row.state == RegistrationState.REGISTERED, row.sentence
    page.wait_for_url(re.compile(r"/teachers/\d+/$"))
    expect(page.get_by_text("features 32 wide, up to")).to_be_visible()
    shot(page, f"teacher-{name}")


def read_reference(page: Page) -> None:
    """One job of the group is enough: each way is trained to its end by tests of its own."""
    reference = page.get_by_role("row", name=re.compile("^Reference"))
    reference.get_by_role("link", name="0").click()
    expect(page.locator('[data-part="state"]')).to_have_text("succeeded", timeout=300_000)
    expect(page.get_by_text("share of clips whose likeliest class").first).to_be_visible()
    for row in ("student", "best_single", "uniform", "oracle", "blind"):
        expect(page.locator(f'tr[data-row="{row}"]')).to_be_visible()
    shot(page, "job")
    page.get_by_role("link", name="Inspect the samples").first.click()
    expect(page.get_by_role("columnheader", name="Clip", exact=True)).to_be_visible()
    shot(page, "inspect")
    page.locator(".pictured").first.click()
    expect(page.get_by_role("heading", name="Class probabilities")).to_be_visible()
    expect(page.get_by_text("This sample in moves")).to_be_visible()
    shot(page, "sample")
