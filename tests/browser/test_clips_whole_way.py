"""The whole way of clips through the pages: videos, compressed streams under two teachers, frames in stages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Project, User
from mtkd_engine.data.clips.world import CLASSES, ClipsPerSplit, make_clips
from mtkd_engine.spec.origins import STAGED, TAUGHT_STREAMS
from tests.browser.clip_jobs import fill, of_frames, of_streams, registered, see_little, submitted, teach
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.browser.test_clips import VIDEO
from tests.kept_teachers import keep_teacher

pytestmark = pytest.mark.slow
TRAINED, DRAWN, OF_FRAMES = "trained streams", "drawn streams", "frames net"
"""Teachers: one is the student of a real job, what the others say does not matter here."""


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """An archive of three dozen short clips."""
    folder = tmp_path / "moves"
    make_clips(folder, clips=ClipsPerSplit(train=24, val=6, test=6), frames=16, difficulty=0.1)
    return Path(shutil.make_archive(str(folder), "zip", folder))


@pytest.mark.usefixtures("intake", "worker")
def test_from_videos_to_students_of_streams_and_of_stages(
    logged_in: Page, site: Site, project: Project, user: User, films: Path, until: Callable[..., None]
) -> None:
    page, home = logged_in, f"{site.url}/projects/moments/"
    page.goto(f"{home}datasets/new/")
    register_films(page, films)
    keep = partial(keep_teacher, project, classes=sorted(CLASSES), folder=films.parent)
    keep(DRAWN, of_streams("moves")["student"], seed=1)
    keep(OF_FRAMES, of_frames("moves")["student"], seed=2)
    teach(project, user, TRAINED, of_streams("moves"), until=until)
    streams_under_two_teachers(page, home)
    look_at_a_clip(page)
    frames_in_stages(page, home)


def register_films(page: Page, archive: Path) -> None:
    page.get_by_label("Name", exact=True).fill("moves")
    page.locator('input[data-part="files"]').set_input_files(archive)
    registered(page)
    expect(page.get_by_role("heading", name="Some clips")).to_be_visible()
    shot(page, "dataset")
    page.get_by_role("link", name="All clips").click()
    expect(page.get_by_role("status").filter(has_text="36 clips")).to_be_visible()
    shot(page, "clips")


def streams_under_two_teachers(page: Page, home: str) -> None:
    page.goto(f"{home}jobs/new/?task=streams")
    fill(
        page,
        name="three streams",
        dataset="moves",
        method="multi_teacher",
        teachers=(TRAINED, DRAWN),
        epochs=1,
    )
    see_little(page)
    page.locator("#f-student-input-segments").fill("2")
    for stream in ("iframe", "motion", "residual"):
        page.locator(f"#f-student-net-{stream}-cifar_resnet-depth").fill("8")
    page.locator("#f-method-multi_teacher-aggregator").select_option("entropy")
    shot(page, "streams-form")
    submitted(page, name="three streams")
    for row in ("student", "best_single", "uniform", "oracle", "blind"):
        expect(page.locator(f'tr[data-row="{row}"]')).to_be_visible()
    expect(page.get_by_text(TAUGHT_STREAMS)).to_be_visible()
    shot(page, "streams-job")


def look_at_a_clip(page: Page) -> None:
    page.get_by_role("link", name="Inspect the samples").first.click()
    expect(page.get_by_role("columnheader", name="Clip", exact=True)).to_be_visible()
    shot(page, "inspect")
    page.locator(".pictured").first.click()
    expect(page.get_by_role("heading", name="Class probabilities")).to_be_visible()
    page.wait_for_function(f"() => {VIDEO}.readyState >= 2")
    page.evaluate(f"() => {VIDEO}.play()")
    page.wait_for_function(f"() => {VIDEO}.currentTime > 0.2")
    for panel in ("Frame", "Motion", "Residual"):
        expect(page.locator(".clip figcaption b", has_text=panel)).to_be_visible()
    shot(page, "sample")


def frames_in_stages(page: Page, home: str) -> None:
    page.goto(f"{home}jobs/new/?task=clips")
    fill(page, name="in stages", dataset="moves", method="staged", teachers=(OF_FRAMES,), epochs=4)
    see_little(page)
    page.locator("#f-student-input-frames").fill("2")
    page.locator("#f-student-net-frames-backbone-cifar_resnet-depth").fill("8")
    shot(page, "staged-form")
    submitted(page, name="in stages")
    expect(page.get_by_text(STAGED)).to_be_visible()
    shot(page, "staged-job")
