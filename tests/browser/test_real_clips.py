"""Real clips through the browser alone: streams of surveillance films, and few labels of features of UCF101."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job, Project
from mtkd_engine.spec.origins import STAGED, TAUGHT_STREAMS
from tests.browser.clip_jobs import fill, of_streams, registered, see_little, submitted
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.kept_teachers import keep_teacher
from tests.real_data import SURV_FIGHT, UCF101_15

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("intake", "worker")]
WANTED = {("train", "fight"): 5, ("train", "noFight"): 5, ("test", "fight"): 2, ("test", "noFight"): 2}
TEACHERS = ("first", "second")
"""Untrained ones: what they say does not matter here, tests/bench says what a student learns."""
READS = {"kind": "features", "width": 256, "frames": 25}


def here(folder: Path) -> pytest.MarkDecorator:
    why = f"The real set {folder.name} is not at {folder} (MTKD_SHARED_DATA names the folder of all)."
    return pytest.mark.skipif(not folder.is_dir(), reason=why)


def few_clips() -> Iterator[dict[str, str]]:
    """Rows of the table of clips: so many of each split and class as WANTED, each from a film of its own."""
    left, films = dict(WANTED), set()
    with (SURV_FIGHT / "clips.csv").open() as file:
        for row in csv.DictReader(file):
            key = row["split"], row["label"]
            if left[key] and row["group"] not in films:
                films.add(row["group"])
                left[key] -= 1
                yield row


@here(SURV_FIGHT)
def test_streams_of_real_films_teach_a_student(
    logged_in: Page, site: Site, project: Project, tmp_path: Path
) -> None:
    page, home, rows = logged_in, f"{site.url}/projects/moments/", list(few_clips())
    with (tmp_path / "clips.csv").open("w") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    page.goto(f"{home}datasets/new/")
    page.get_by_label("Name", exact=True).fill("fights")
    films = [SURV_FIGHT / "clips" / row["file"] for row in rows]
    page.locator('input[data-part="files"]').set_input_files([tmp_path / "clips.csv", *films])
    registered(page)
    shot(page, "fights")
    assert counts("fights") == {"train": 8, "val": 2, "test": 4}

    for seed, name in enumerate(TEACHERS):
        student = of_streams("fights")["student"]
        keep_teacher(project, name, student, classes=("fight", "noFight"), folder=tmp_path, seed=seed)
    page.goto(f"{home}jobs/new/?task=streams")
    fill(page, name="fight", dataset="fights", method="multi_teacher", teachers=TEACHERS, epochs=1)
    see_little(page)
    page.locator("#f-student-input-segments").fill("2")
    submitted(page, name="fight")
    expect(page.get_by_text(TAUGHT_STREAMS)).to_be_visible()
    shot(page, "fight-job")


@here(UCF101_15)
def test_few_labels_of_real_features_in_stages(
    logged_in: Page, site: Site, project: Project, tmp_path: Path
) -> None:
    page, home = logged_in, f"{site.url}/projects/moments/"
    page.goto(f"{home}datasets/new/")
    page.get_by_label("Name", exact=True).fill("ucf")
    page.locator('input[data-part="files"]').set_input_files(sorted(UCF101_15.glob("*.npz")))
    registered(page)
    found = counts("ucf")
    assert (found["train"] + found["val"], found["test"]) == (1441, 568), "one clip of train is in test, too"

    classes = Dataset.objects.get(name="ucf").report["classes"]
    for width, name in zip((24, 32), TEACHERS, strict=True):
        student = {"net": {"family": "sequence", "stages": 2, "width": width}, "input": READS}
        keep_teacher(project, name, student, classes=classes, folder=tmp_path, seed=width)
    page.goto(f"{home}jobs/new/?task=features")
    fill(page, name="few labels", dataset="ucf", method="staged", teachers=TEACHERS, epochs=4)
    page.locator("#f-student-net-stages").fill("2")
    page.locator("#f-student-net-width").fill("16")
    page.locator("#f-data-labels-share").fill("0.05")
    shot(page, "few-labels-form")
    submitted(page, name="few labels")
    expect(page.get_by_text(STAGED)).to_be_visible()
    shot(page, "few-labels-job")
    result: dict[str, Any] = Job.objects.get(name="few labels").result or {}
    assert len(result["stages"]) == 3
    assert 0 <= result["pseudo_labels"]["accepted"] <= 1


def counts(name: str) -> dict[str, int]:
    splits: dict[str, Any] = Dataset.objects.get(name=name).report["splits"]
    return {split: found["samples"] for split, found in splits.items()}
