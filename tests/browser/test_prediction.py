"""A student asked in a real browser: the answer comes by itself, and its windows play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Job, Prediction, PredictionState, Project, User
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.browser.test_preview import SECONDS, film
from tests.jobs.asking_students import a_finished_job
from tests.sealed_double import keep_sealed, sample_row, write_sealed

ANSWER: dict[str, Any] = {
    "video": {"duration": float(SECONDS), "rows": 12, "width": 8},
    "notes": ["The student does not know which extractor made its features."],
    "answers": [
        {
            "query": "a dragon lands",
            "windows": [
                {"start": 7.0, "end": 8.0, "score": 0.7},
                {"start": 1.0, "end": 2.0, "score": 0.1},
            ],
            "unknown_words": ["dragon"],
        }
    ],
}


@pytest.fixture
def job(project: Project, user: User, tmp_path: Path) -> Job:
    rows = [sample_row(number, split="test", duration=float(SECONDS)) for number in range(12)]
    folder = write_sealed(tmp_path / "sealed", rows, files={"v0": "videos/v0.mp4"})
    film(folder / "videos" / "v0.mp4")
    dataset = keep_sealed(project, folder, rows)
    return a_finished_job(project, user=user, dataset=dataset, folder=tmp_path)


def answer(prediction: Prediction) -> None:
    """What a worker writes down."""
    Prediction.objects.filter(pk=prediction.pk).update(state=PredictionState.ANSWERED, answer=ANSWER)


def test_a_sentence_is_asked_and_its_moment_plays(
    logged_in: Page, site: Site, job: Job, until: Callable[..., None]
) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/jobs/{job.pk}/")
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("link", name="person 1 opens the door").click()
    expect(page.get_by_label("Sentence", exact=True).first).to_have_value("person 1 opens the door")
    page.get_by_label("Sentence", exact=True).first.fill("a dragon lands")
    page.get_by_role("button", name="Find the moment").first.click()
    expect(page.get_by_text("Waiting for a worker", exact=True)).to_be_visible()
    made = Prediction.objects.get()
    assert made.asked["row"] == 1
    answer(made)
    expect(page.get_by_text("70.0 %")).to_be_visible()  # without loading the page anew
    assert page.locator(".answer-list li").count() == 2
    expect(page.get_by_text("Words that the student does not know: dragon.")).to_be_visible()
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.locator('.answer-list li[data-rank="1"]').get_by_role("button", name="Play").click()
    page.wait_for_function(
        "() => document.querySelector('video').paused && document.querySelector('video').currentTime > 7.8"
    )
    assert page.evaluate("() => document.querySelector('video').currentTime") < 8.4
    assert page.evaluate("() => window.violations ?? []") == []


def test_a_file_of_ones_own_is_handed_in(logged_in: Page, site: Site, job: Job, tmp_path: Path) -> None:
    page, rows = logged_in, tmp_path / "film.npy"
    rows.write_bytes(b"rows")
    page.goto(f"{site.url}/jobs/{job.pk}/prediction/")
    page.get_by_text("Ask about features of your own").click()
    page.get_by_label("Feature file").set_input_files(rows)
    page.get_by_label("Length of the video, seconds").fill("9")
    page.get_by_label("Sentence", exact=True).last.fill("a dragon lands")
    page.get_by_role("button", name="Find the moment").last.click()
    expect(page.get_by_text("Waiting for a worker", exact=True)).to_be_visible()
    assert Prediction.objects.get().asked == {"file": "film.npy", "duration": 9.0}


def test_the_page_fits_a_phone_and_both_themes(logged_in: Page, site: Site, job: Job, tmp_path: Path) -> None:
    made = Prediction.objects.create(
        job=job, sentence="a dragon lands", asked={"row": 0, "video": "v0", "duration": float(SECONDS)}
    )
    answer(made)
    page = logged_in
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size in (PHONE, {"width": 1280, "height": 900}):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(f"{site.url}/jobs/{job.pk}/prediction/?asked={made.pk}")
            expect(page.get_by_text("70.0 %")).to_be_visible()
            wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, (scheme, size)
            page.screenshot(path=tmp_path / f"{scheme}-{size['width']}.png", full_page=True)
