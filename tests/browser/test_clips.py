"""A clip that was handed in as a video is looked at: its poster, its film, its three pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Project, StoredFile
from jobs.storage.blobs import keep_file
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT

FRAMES = 24
VIDEO = "document.querySelector('.clip video')"


@pytest.fixture
def clips(project: Project, tmp_path: Path) -> Dataset:
    """Six clips of two seconds, sealed as a registration does."""
    make_clips(tmp_path / "raw", clips=ClipsPerSplit(train=6, val=6, test=6), frames=FRAMES, difficulty=0.2)
    report = check_dataset(tmp_path / "raw", name="moves", seal=tmp_path / "sealed")
    dataset = Dataset.objects.create(
        project=project,
        name="moves",
        task=report["task"],
        content_hash=report["content_hash"],
        report=report,
    )
    for path in sorted((tmp_path / "sealed").iterdir()):
        StoredFile.objects.create(dataset=dataset, name=path.name, blob=keep_file(path))
    return dataset


def test_a_clip_is_played_in_the_browser(logged_in: Page, site: Site, clips: Dataset) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/datasets/{clips.pk}/samples/")
    first = page.locator(".image-grid img").first
    expect(first).to_be_visible()
    assert first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 170
    page.goto(f"{site.url}/datasets/{clips.pk}/samples/0/")
    page.wait_for_function(f"() => {VIDEO}.readyState >= 2")
    told = page.evaluate(f"() => [{VIDEO}.videoWidth, {VIDEO}.videoHeight, {VIDEO}.muted, {VIDEO}.loop]")
    assert told == [510, 128, True, True]
    assert page.evaluate(f"() => {VIDEO}.duration") == pytest.approx(FRAMES / 12, abs=0.1)
    page.evaluate(f"() => {VIDEO}.play()")
    page.wait_for_function(f"() => {VIDEO}.currentTime > 0.5")
    page.evaluate(f"() => {{ {VIDEO}.pause(); {VIDEO}.currentTime = 1.5; }}")
    page.wait_for_function(f"() => !{VIDEO}.seeking && Math.abs({VIDEO}.currentTime - 1.5) < 0.1")
    for panel in ("Frame", "Motion", "Residual"):
        expect(page.locator(".clip figcaption b", has_text=panel)).to_be_visible()
    assert page.evaluate("() => window.violations") == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
