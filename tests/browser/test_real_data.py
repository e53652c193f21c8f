"""What teams have: real annotations, features and predictions go in through the browser alone, and add up."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.local.child import Child
from jobs.models import Dataset, Project, Teacher
from tests.browser.conftest import Site
from tests.real_data import CHARADES_STA, FIR_ACTIONS, FOLDER, QVHIGHLIGHTS, TACOS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason=f"The data are not at {FOLDER} (MTKD_SHARED_DATA names their folder)."
    ),
]


def register(page: Page, site: Site, *files: Path, name: str, **chosen: str) -> None:
    """This will register by upload, accept what is suggested, and end on the card."""
    noun = "teacher" if "dataset" in chosen else "dataset"
    page.goto(f"{site.url}/projects/moments/{noun}s/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.locator('input[data-part="files"]').set_input_files([str(file) for file in files])
    for field, value in chosen.items():
        page.locator(f"[name={field}]").select_option(value)
    page.get_by_role("button", name=f"Register {noun}").click()
    page.wait_for_url(re.compile(r"/registrations/\d+/$"))
    card = re.compile(rf"/{noun}s/\d+/$")
    accept = page.get_by_role("button", name=re.compile("^Register (with|as)"))
    deadline = time.monotonic() + 180
    while not card.search(page.url):
        assert time.monotonic() < deadline, page.locator("main").inner_text()[:500]
        if accept.is_visible():
            for box in page.get_by_role("checkbox").all():
                box.check()
            accept.click()
        page.wait_for_timeout(200)


def counts(name: str) -> dict[str, tuple[int, int]]:
    """This will give samples and videos of each split of a registered dataset."""
    splits: dict[str, Any] = Dataset.objects.get(name=name).report["splits"]
    return {split: (found["samples"], found["videos"]) for split, found in splits.items()}


def problem(name: str, code: str) -> dict[str, Any]:
    """This will give a problem that was found in a registered dataset."""
    found: list[dict[str, Any]] = Dataset.objects.get(name=name).report["problems"]
    return next(problem for problem in found if problem["code"] == code)


def test_datasets_of_the_field_add_up(logged_in: Page, site: Site, project: Project, intake: Child) -> None:
    register(logged_in, site, *sorted(CHARADES_STA.iterdir()), name="charades")
    charades = counts("charades")
    assert charades["train"][0] + charades["val"][0] == 12_408
    assert charades["train"][1] + charades["val"][1] == 5_338
    assert charades["test"] == (3_720, 1_334)
    beyond = problem("charades", "beyond_duration")
    assert "562 in charades_sta_test.txt" in beyond["message"]

    register(logged_in, site, *sorted(TACOS.iterdir()), name="tacos")
    assert {split: videos for split, (_, videos) in counts("tacos").items()} == {
        "train": 75,
        "val": 27,
        "test": 25,
    }

    films = sorted((FIR_ACTIONS / "videos").iterdir())
    given = [*FIR_ACTIONS.glob("grounding_*.json"), *FIR_ACTIONS.glob("*.npz"), *films]
    register(logged_in, site, *given, name="fir_actions")
    actions = counts("fir_actions")
    assert actions["train"][1] + actions["val"][1] == 15
    assert actions["test"] == (103, 6)
    assert Dataset.objects.get(name="fir_actions").report["feature_width"] == 512
    logged_in.get_by_role("link", name=re.compile("samples")).first.click()
    expect(logged_in.get_by_role("table")).to_be_visible()


def test_eight_models_come_at_once_as_their_predictions(
    logged_in: Page, site: Site, project: Project, intake: Child, until: Callable[..., None]
) -> None:
    page, files = logged_in, sorted((QVHIGHLIGHTS / "predictions").iterdir())
    register(page, site, QVHIGHLIGHTS / "annotations.jsonl", name="qvhighlights")
    dataset = Dataset.objects.get()
    assert sum(samples for samples, _ in counts("qvhighlights").values()) == 775
    page.goto(f"{site.url}/projects/moments/teachers/new/")
    page.locator('input[data-part="files"]').set_input_files([str(file) for file in files])
    page.locator("[name=dataset]").select_option("qvhighlights@1")
    page.locator("[name=split]").select_option("test")
    page.get_by_role("button", name="Register teacher").click()
    page.wait_for_url(f"{site.url}/projects/moments/")
    expect(page.get_by_text("8 teachers are being registered")).to_be_visible()
    until(lambda: dataset.teachers.count() == len(files), seconds=240)
    for file in files:
        report = Teacher.objects.get(name=file.name.split(".")[0]).report
        assert all(split["covered"] == split["of"] for split in report["coverage"].values())
        assert report["unknown"]["count"] == 0
        assert report["quality"]["metrics"]["r1@0.5"] > report["quality"]["blind"]["r1@0.5"] + 0.2
