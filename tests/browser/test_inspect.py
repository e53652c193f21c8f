"""Which teacher taught which sample, in a real browser: find, open, play, tick."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job, Project, Selection, User
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.browser.test_preview import AT, LONG, SECONDS, film
from tests.engine_double import TEACHERS, EngineDouble
from tests.inspected import columns_of, parquet, weights_parquet
from tests.sealed_double import keep_files, sample_row, write_sealed

ROWS = 120
LISTENS = "() => customElements.get('key-links')"
PER_SAMPLE, WEIGHTS = "per_sample.parquet", "weights.parquet"
LONGER = "a teacher with quite a long name, " * 3


@pytest.fixture
def job(project: Project, user: User, sources: Dataset, tmp_path: Path) -> Job:
    """An ended job on films of twelve seconds; sample 7 is the one on which its teachers disagree most."""
    rows = [
        sample_row(number, duration=float(SECONDS), split=("train", "val", "test")[number % 3])
        for number in range(ROWS)
    ]
    rows[7] |= {"windows": [[3.0, 4.0], [7.0, 7.6]], "sentence": "the picture grows lighter"}
    rows[9]["sentence"] = LONG
    folder = write_sealed(tmp_path / "sealed", rows, files={"v3": "videos/v3.mp4"})
    film(folder / "videos" / "v3.mp4")
    keep_files(sources, folder, rows)
    columns = columns_of(rows, teachers=(*TEACHERS, LONGER))
    columns["disagreement"] = [row / ROWS for row in range(ROWS)]
    columns["disagreement"][7] = 1.0
    columns["map2d/start"][7], columns["map2d/end"][7] = 9.0, 10.5
    raw = {
        "name": "who taught whom",
        "data": {"dataset": "world"},
        "method": {"kind": "emtm"},
        "teachers": TEACHERS,
        "evaluation": {"compare_solo": True},
    }
    job = submit(project=project, user=user, spec=parse(raw))
    double = EngineDouble()
    double.start()
    ids = [row["id"] for row in rows]
    weights = weights_parquet(ids, teachers=(*TEACHERS, LONGER))
    double.finish(files={PER_SAMPLE: parquet(columns), WEIGHTS: weights})
    return job


@pytest.fixture
def sample(logged_in: Page, site: Site, job: Job) -> Page:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/jobs/{job.pk}/samples/7/?sort=-disagreement")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    return page


def test_the_samples_where_teachers_disagree_most_are_one_click_away(
    logged_in: Page, site: Site, job: Job
) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    page.get_by_role("link", name="Where teachers disagree most").click()
    page.wait_for_url(f"{site.url}/jobs/{job.pk}/samples/?sort=-disagreement")
    first = page.locator("table.is-inspect tbody tr").first
    expect(first).to_contain_text("the picture grows lighter")
    first.get_by_role("link").click()
    expect(page.locator(".why")).to_contain_text("leads with")
    expect(page.locator(".why")).to_contain_text("The target")
    expect(page.get_by_role("heading", name="the picture grows lighter")).to_be_visible()


def test_a_filter_by_disagreement_stands_in_a_short_address(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/samples/")
    page.wait_for_function("() => customElements.get('short-form')")
    page.get_by_text("Ranges", exact=True).click()
    page.get_by_label("Disagreement from").fill("0.9")
    page.get_by_label("Split").select_option("val")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"{site.url}/jobs/{job.pk}/samples/?split=val&disagreement.min=0.9")
    expect(page.get_by_role("status").filter(has_text="of 120 samples")).to_have_text("5 of 120 samples")
    expect(page.get_by_label("Disagreement from")).to_have_value("0.9")
    page.get_by_role("link", name="Student's IoU").click()
    expect(page.locator("table.is-inspect tbody tr").first).to_contain_text("person 118")
    chart = page.locator("#plot-weights")
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("data-drawn", "yes")
    with page.expect_download() as saved:
        page.get_by_text("Export", exact=True).click()
        page.get_by_role("link", name="CSV, 5 samples").click()
    assert saved.value.suggested_filename == f"job-{job.pk}-samples.csv"
    assert len(saved.value.path().read_text().splitlines()) == 6


def test_a_click_on_a_teachers_line_plays_its_window(sample: Page) -> None:
    sample.wait_for_function(f"() => Math.abs(({AT})() - 3) < 0.2")
    sample.get_by_role("button", name="Play map2d, 9.0–10.5 s").click()
    sample.wait_for_function(f"() => ({AT})() >= 9 && !document.querySelector('video').seeking")
    sample.wait_for_function(f"() => document.querySelector('video').paused && ({AT})() > 10.3")
    assert sample.evaluate(AT) < 11
    moved = sample.locator('[data-part="head"]').get_attribute("transform") or ""
    assert 84 < float(moved.removeprefix("translate(").split()[0]) < 92


def test_a_click_on_the_line_of_the_truth_goes_there(sample: Page) -> None:
    line = sample.locator('[data-part="line"]')
    box = line.bounding_box()
    assert box is not None
    line.click(position={"x": box["width"] * 0.5, "y": box["height"] / 2})
    sample.wait_for_function(f"() => Math.abs(({AT})() - {SECONDS / 2}) < 0.2")


def test_keys_play_windows_and_walk_through_what_was_found(sample: Page, site: Site, job: Job) -> None:
    sample.keyboard.press("2")
    expect(sample.get_by_role("button", name="Play 7.0–7.6 s")).to_have_attribute("aria-pressed", "true")
    sample.keyboard.press("n")
    expect(sample.get_by_role("heading", name=f"person {ROWS - 1} opens the door")).to_be_visible()
    sample.wait_for_function(LISTENS)
    sample.keyboard.press("p")
    expect(sample.get_by_role("heading", name="the picture grows lighter")).to_be_visible()
    sample.wait_for_function(LISTENS)
    sample.keyboard.press("b")
    sample.wait_for_url(f"{site.url}/jobs/{job.pk}/samples/?sort=-disagreement")


def test_weights_over_training_are_drawn_and_only_the_known_rule_is_broken(sample: Page) -> None:
    chart = sample.locator("#plot-course")
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("data-drawn", "yes")
    expect(sample.locator("feature-strip")).to_have_attribute("data-drawn", "yes")
    assert sample.evaluate("() => window.violations") == [["style-src-elem", "inline"]]


def test_ticked_samples_are_left_out_of_the_next_job(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/samples/?sort=-disagreement")
    boxes = page.locator("input[name='row']")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("Ticked ones (3)")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("hard ones")
    page.get_by_role("button", name="Exclude from the next job").click()
    page.wait_for_url(re.compile(rf"/jobs/new/\?like={job.pk}&leave_out=hard\+ones"))
    expect(page.get_by_text("The selection “hard ones” of 3 samples is kept.")).to_be_visible()
    assert Selection.objects.get().text.splitlines()[0] == "v3#1"
    expect(page.locator("input[type='checkbox'][value='hard ones']")).to_be_checked()


def test_inspect_fits_a_phone(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in ("", "?disagreement.min=0.1&sort=-disagreement", "7/", "9/", "0/"):
        page.goto(f"{site.url}/jobs/{job.pk}/samples/{path}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], path
