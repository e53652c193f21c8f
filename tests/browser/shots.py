"""Pictures of pages for whoever wants to look at them: SHOTS names the folder that they go to."""

from __future__ import annotations

import os

from playwright.sync_api import Page

from tests.browser.test_look import PHONE


def shot(page: Page, name: str) -> None:
    """This will draw the page in light and dark and on a phone, where somebody wants to look at it."""
    folder, before = os.environ.get("SHOTS"), page.viewport_size
    if not folder or before is None:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.screenshot(path=f"{folder}/{name}-phone.png", full_page=True)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], name
    page.set_viewport_size(before)
    page.emulate_media(color_scheme="light")
