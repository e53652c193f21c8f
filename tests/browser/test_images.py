"""A dataset of images goes in through the browser, its repairs are decided on, and it is looked at."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from jobs.local.child import Child
from jobs.models import Dataset, Project
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from tests.browser.conftest import Site


def test_images_are_uploaded_mended_and_looked_at(
    logged_in: Page, site: Site, project: Project, intake: Child, tmp_path: Path
) -> None:
    folder = tmp_path / "shapes"
    make_images(folder, images=ImagesPerSplit(30, 9, 9), size=12, classes=3, form="folders")
    (folder / "train" / "disc" / "broken.png").write_bytes(b"no image")
    with zipfile.ZipFile(tmp_path / "shapes.zip", "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path))
    page = logged_in
    page.goto(f"{site.url}/projects/moments/datasets/new/")
    page.get_by_label("Name", exact=True).fill("shapes")
    page.locator('input[data-part="files"]').set_input_files([str(tmp_path / "shapes.zip")])
    page.get_by_role("button", name="Register dataset").click()
    expect(page.get_by_text("1 image(s) cannot be decoded.")).to_be_visible()
    expect(
        page.get_by_role("cell", name="disc").or_(page.get_by_text("disc", exact=True)).first
    ).to_be_visible()
    page.get_by_role("button", name=re.compile("^Register (with|as)")).click()
    page.wait_for_url(re.compile(r"/datasets/\d+/$"))
    assert Dataset.objects.get().task == "classification"
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()
    first = page.locator(".image-grid img").first
    expect(first).to_be_visible()
    assert first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 12
    page.get_by_role("link", name="square", exact=True).first.click()
    expect(page.get_by_role("status")).to_have_text("16 images of square")
    page.get_by_role("link", name="test", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("3 images of square")
    page.locator(".image-grid a").first.click()
    expect(page.get_by_role("heading", name="square")).to_be_visible()
    expect(page.get_by_text("12 × 12 pixels")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("key-links")).to_contain_text("of 48")
