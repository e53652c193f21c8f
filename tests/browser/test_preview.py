"""A sample with its film and its features, in a real browser."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Project
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.sealed_double import Row, keep_sealed, sample_row, told_statistics, write_sealed

SECONDS, RATE = 12, 10
LONG = "x" * 300 + " الباب 🎬 " + "word " * 80
AT = "() => document.querySelector('video').currentTime"


def film(path: Path) -> Path:
    """A film whose brightness tells the time; VP9, which every Chromium plays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_film())
    return path


@cache
def _film() -> bytes:
    # A file, for the container reads it again for its quick start.
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        with av.open(file.name, "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream(
                "libvpx-vp9", rate=RATE, options={"g": str(RATE), "deadline": "realtime"}
            )
            stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
            for number in range(SECONDS * RATE):
                picture = np.full((90, 160, 3), 20 + 200 * number // (SECONDS * RATE), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode())
        return Path(file.name).read_bytes()


@pytest.fixture
def rows() -> list[Row]:
    rows = [sample_row(number, duration=float(SECONDS)) for number in range(60)]
    rows[0] |= {"windows": [[3.0, 4.0], [7.0, 7.6]], "sentence": "the picture grows lighter"}
    rows[3]["sentence"] = LONG
    return rows


@pytest.fixture
def sealed(project: Project, rows: list[Row], tmp_path: Path) -> Dataset:
    folder = write_sealed(tmp_path / "sealed", rows, files={"v0": "videos/v0.mp4"})
    film(folder / "videos" / "v0.mp4")
    return keep_sealed(project, folder, rows, name="charades " + "long " * 20, statistics=told_statistics())


@pytest.fixture
def sample(logged_in: Page, site: Site, sealed: Dataset) -> Page:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/datasets/{sealed.pk}/samples/0/")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    return page


def test_a_film_waits_at_its_first_window(sample: Page) -> None:
    sample.wait_for_function(f"() => Math.abs(({AT})() - 3) < 0.2")
    assert sample.evaluate("() => document.querySelector('video').duration") == pytest.approx(
        SECONDS, abs=0.3
    )


def test_a_window_is_played_from_its_start_to_its_end(sample: Page) -> None:
    sample.evaluate(
        """() => { window.seen = []; document.querySelector('video')
                   .addEventListener('timeupdate', (event) => window.seen.push(event.target.currentTime)); }"""
    )
    button = sample.get_by_role("button", name="Play 7.0–7.6 s")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    sample.wait_for_function(f"() => document.querySelector('video').paused && ({AT})() > 7.4")
    seen = sample.evaluate("() => window.seen")
    assert min(seen[1:]) >= 6.9
    assert max(seen) <= 7.8
    expect(button).to_have_attribute("aria-pressed", "false")
    moved = sample.locator('[data-part="head"]').get_attribute("transform") or ""
    assert 61 < float(moved.removeprefix("translate(").split()[0]) < 66


def test_keys_play_repeat_and_pause(sample: Page) -> None:
    sample.keyboard.press("l")
    expect(sample.get_by_label("Repeat")).to_be_checked()
    sample.evaluate(
        """() => { window.back = 0; document.querySelector('video')
                   .addEventListener('seeked', () => { window.back += 1; }); }"""
    )
    sample.keyboard.press("2")
    sample.wait_for_function("() => window.back >= 3")
    sample.keyboard.press("k")
    sample.wait_for_function("() => document.querySelector('video').paused")
    assert 6.9 < sample.evaluate(AT) < 7.9
    sample.keyboard.press("n")
    expect(sample.get_by_role("heading", name="person 1 opens the door")).to_be_visible()
    # A page's heading stands before its scripts have run, and until then nobody hears keys.
    sample.wait_for_load_state()
    sample.keyboard.press("p")
    expect(sample.get_by_role("heading", name="the picture grows lighter")).to_be_visible()


def test_a_click_on_the_line_goes_there(sample: Page) -> None:
    line = sample.locator('[data-part="line"]')
    box = line.bounding_box()
    assert box is not None
    line.click(position={"x": box["width"] * 0.5, "y": box["height"] / 2})
    sample.wait_for_function(f"() => Math.abs(({AT})() - {SECONDS / 2}) < 0.2")


def test_features_are_drawn_and_follow_the_theme(sample: Page) -> None:
    strip = sample.locator("feature-strip")
    expect(strip).to_have_attribute("data-drawn", "yes")
    drawn = """() => [...document.querySelector('feature-strip canvas').getContext('2d')
                       .getImageData(0, 0, 96, 16).data]"""
    sample.emulate_media(color_scheme="light")
    light = sample.evaluate(drawn)
    assert len(set(light)) > 50
    sample.emulate_media(color_scheme="dark")
    sample.wait_for_function(f"(before) => ({drawn})().some((value, at) => value !== before[at])", arg=light)
    expect(
        sample.get_by_role("img", name=re.compile("Features of the video by time, 3.0–4.0 s"))
    ).to_be_visible()


def test_a_sample_without_a_film_works_all_the_same(sample: Page, site: Site, sealed: Dataset) -> None:
    broken: list[str] = []
    sample.on("pageerror", lambda error: broken.append(str(error)))
    sample.goto(f"{site.url}/datasets/{sealed.pk}/samples/4/")
    expect(sample.locator("feature-strip")).to_have_attribute("data-drawn", "yes")
    expect(sample.locator("video")).to_have_count(0)
    sample.keyboard.press("k")
    sample.keyboard.press("1")
    assert broken == []


def test_the_page_of_a_sample_breaks_no_rule(sample: Page) -> None:
    sample.get_by_role("button", name="Play 3.0–4.0 s").click()
    assert sample.evaluate("() => window.violations") == []


def test_the_card_draws_its_statistics_and_only_the_known_rule_is_broken(
    logged_in: Page, site: Site, sealed: Dataset
) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/datasets/{sealed.pk}/")
    for plot in ("duration", "words", "position-test"):
        chart = page.locator(f"#plot-{plot}")
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_attribute("data-drawn", "yes")
    # The bundle brings the style sheet of its maps, which are not used here.
    assert page.evaluate("() => window.violations") == [["style-src-elem", "inline"]]


def test_cards_and_samples_fit_a_phone(logged_in: Page, site: Site, sealed: Dataset) -> None:
    page = logged_in
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in ("", "samples/", "samples/0/", "samples/3/", "deletion/"):
        page.goto(f"{site.url}/datasets/{sealed.pk}/{path}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], path
