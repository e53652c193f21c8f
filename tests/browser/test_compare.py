"""Jobs side by side in a real browser: curves, numbers, specs, samples; all that is chosen stands in the address."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from jobs.chunks import Run
from jobs.models import Attempt, Dataset, Job, Project, User
from jobs.operations.jobs import submit
from jobs.operations.metrics import MetricWriter
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.compared_double import ended
from tests.engine_double import TEACHERS
from tests.group_double import SAMPLES, ious

POINTS = 6_000
LONG = "the one with a very long name " + "x" * 70 + " الباب <b>"
DRAWN = "() => document.querySelectorAll('curve-overlay article[data-drawn]').length"
LINES = """() => (document.querySelector('curve-overlay .plot')?.data ?? []).map(
    ({name, x, opacity}) => [name, x.length, x[0], opacity ?? 1])"""
SCALE = "() => document.querySelector('curve-overlay .plot').layout.xaxis.range.map(Math.round)"


@pytest.fixture
def trained(project: Project, user: User, sources: Dataset) -> list[Job]:
    """Three seeds of one spec, then a wide net that is better, then a narrow one that is worse."""
    plans = [(1, 32, 0.50, 40_000), (2, 32, 0.50, 40_000), (1, 64, 0.60, 160_000), (1, 8, 0.40, 4_000)]
    jobs = []
    for place, (seed, width, level, parameters) in enumerate(plans):
        raw = {
            "name": ("plain", "plain", "wide", LONG)[place],
            "seed": seed,
            "data": {"dataset": "world"},
            "method": {"kind": "emtm"},
            "teachers": TEACHERS,
            "student": {"net": {"family": "span", "width": width}},
        }
        job = submit(project=project, user=user, spec=parse(raw))
        sentences = {"sentence": [f"somebody opens door {number}" for number in range(SAMPLES + 1)]}
        jobs.append(ended(job, ious(level, seed=place), parameters=parameters, **sentences))
        curve(jobs[-1], level)
    return jobs


def curve(job: Job, level: float) -> None:
    steps = np.arange(POINTS)
    values = level * (1 - np.exp(-steps / 900)) + 0.02 * np.sin(steps)
    run = Run(steps + 1_000, steps, values, steps * 20)
    attempt = Attempt.objects.get(job=job)
    MetricWriter(job_id=job.pk, attempt_id=attempt.pk).write({"val/miou": run})


@pytest.fixture
def compared(logged_in: Page, site: Site, trained: list[Job]) -> Page:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(address(site, trained))
    page.wait_for_function(f"() => ({DRAWN})() === 2")
    return page


def address(site: Site, jobs: list[Job], query: str = "") -> str:
    return f"{site.url}/compare/?jobs={','.join(str(job.pk) for job in jobs)}{query}"


def section(page: Page, title: str) -> Locator:
    """A part of the page; those above it are drawn first, as for somebody who scrolls."""
    wanted = page.locator("section", has=page.get_by_role("heading", name=title, exact=True))
    for part in page.locator("compare-page section").all():
        part.scroll_into_view_if_needed()
        expect(part.locator("[data-drawn]").first).to_be_attached()
        if part.get_by_role("heading", name=title, exact=True).count():
            break
    return wanted


def test_a_chart_is_drawn_of_the_metrics_that_are_chosen_and_a_job_is_hidden_by_its_colour(
    compared: Page, trained: list[Job]
) -> None:
    page = compared
    # The bundle brings the style sheet of its maps, which are not used here.
    assert page.evaluate("() => window.violations") == [["style-src-elem", "inline"]]
    assert len(page.evaluate(LINES)) == 4
    tools = section(page, "Curves")
    tools.locator("summary", has_text="Metrics").click()
    tools.get_by_role("checkbox", name="loss/total").uncheck()
    tools.get_by_role("checkbox", name="weight/span").check()
    expect(page.locator("curve-overlay article h3")).to_have_text(["val/mIoU", "weight/span"])
    page.keyboard.press("Escape")

    page.get_by_role("button", name=f"Draw wide #{trained[2].pk}").press("Enter")
    page.wait_for_function(f"() => ({LINES})().length === 3")
    assert f"off={trained[2].pk}" in page.url
    page.reload()
    page.wait_for_function(f"() => ({LINES})().length === 3")
    expect(page.locator("curve-overlay article h3")).to_have_text(["val/mIoU", "weight/span"])
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function(f"() => ({LINES})().length === 4")
    assert "off=" not in page.url


def test_smoothing_keeps_the_raw_line_and_a_zoom_asks_for_finer_points(compared: Page) -> None:
    page = compared
    curves = section(page, "Curves")
    page.get_by_role("slider", name="smooth").fill("0.9")
    page.wait_for_function(f"() => ({LINES})().length === 8")
    assert {opacity for *_, opacity in page.evaluate(LINES)} == {0.25, 1}
    curves.get_by_role("button", name="log y").click()
    curves.get_by_label("by", exact=True).select_option("time")
    expect(curves.locator(".xtitle").first).to_have_text("seconds since the start")
    curves.get_by_label("by", exact=True).select_option("step")
    expect(curves.locator(".xtitle").first).to_have_text("step")

    box = curves.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    with page.expect_response(lambda answer: "x_from=" in answer.url):
        page.mouse.move(box["x"] + 0.4 * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], y, steps=4)
        page.mouse.up()
    page.wait_for_function(f"() => {{ const [low, high] = ({SCALE})(); return high - low < 900; }}")
    page.wait_for_function(f"() => ({LINES})().every(([name, length, first]) => first > 0)")
    seen = page.evaluate(SCALE)
    lines = page.evaluate(LINES)
    assert lines[0][1] > 600
    assert {"smooth=0.9", "log=y"} <= set(page.url.partition("?")[2].split("&"))
    page.reload()
    page.wait_for_function(f"() => ({DRAWN})() === 2")
    assert page.evaluate(SCALE) == seen
    assert page.evaluate(LINES) == lines
    curves.get_by_role("button", name="Whole range").click()
    page.wait_for_function(f"() => ({SCALE})()[0] <= 0")
    assert "zoom=" not in page.url


def test_what_differs_between_two_jobs_is_seen(logged_in: Page, site: Site, trained: list[Job]) -> None:
    page = logged_in
    page.goto(address(site, [trained[0], trained[2]]))
    differences = section(page, "What differs in the specs")
    expect(differences.get_by_role("row", name="student.net.width")).to_contain_text("64")
    rows = differences.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.locator("td")).to_have_text(["32", "64"])


def test_final_metrics_stand_by_cell_with_the_difference_to_the_reference(
    compared: Page, trained: list[Job]
) -> None:
    final = section(compared, "Final metrics")
    rows = final.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("2 jobs")
    expect(rows.nth(1).locator(".value.is-best").first).to_contain_text("60.")
    expect(rows.nth(1).locator(".judged")).to_have_attribute("data-judged", "above")
    expect(rows.nth(2).locator(".judged")).to_have_attribute("data-judged", "below")
    final.get_by_label("reference").select_option(str(trained[2].pk))
    expect(rows.nth(0).locator(".judged")).to_have_attribute("data-judged", "below")
    assert f"reference={trained[2].pk}" in compared.url


def test_the_best_under_a_limit_of_parameters_is_found(compared: Page, trained: list[Job]) -> None:
    page = compared
    scatter = section(page, "Any two numbers")
    expect(scatter.locator("li a")).to_have_text(
        [f"{LONG} #{trained[3].pk}", f"plain #{trained[1].pk}", f"wide #{trained[2].pk}"]
    )
    parallel = section(page, "All numbers side by side")
    parallel.get_by_text("Limits in numbers").click()
    parallel.get_by_label("student.params to", exact=True).fill("50000")
    parallel.get_by_label("student.params to", exact=True).press("Enter")
    expect(parallel.get_by_role("status")).to_contain_text("3 of 4 jobs are inside the limits")
    parallel.get_by_role("button", name="Hide the others").click()
    expect(scatter.locator("li a")).to_have_count(2)
    page.reload()
    expect(parallel.get_by_role("status")).to_contain_text("3 of 3 jobs are inside the limits")
    parallel.get_by_role("button", name="Clear limits").click()
    expect(parallel.get_by_text("Drag along an axis to set limits.")).to_be_visible()


def test_limits_are_dragged_along_an_axis(compared: Page) -> None:
    parallel = section(compared, "All numbers side by side")
    axis = parallel.locator('[data-axis="student.params"] .parallel-handle')
    box = axis.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    compared.mouse.move(x, box["y"] + 0.5 * box["height"])
    compared.mouse.down()
    compared.mouse.move(x, box["y"] + box["height"], steps=4)
    compared.mouse.up()
    expect(parallel.get_by_role("status")).to_contain_text("3 of 4 jobs are inside the limits")
    assert re.search(r"brush=student\.params(%7C){2}\d+", compared.url)


def test_samples_that_one_job_won_lead_to_inspect(compared: Page, trained: list[Job]) -> None:
    page = compared
    samples = section(page, "Sample by sample")
    expect(samples.locator("tbody tr").first).to_be_visible()
    samples.get_by_label("job", exact=True).select_option(str(trained[2].pk))
    samples.get_by_label("against").select_option(str(trained[3].pk))
    expect(samples.get_by_role("status").last).to_contain_text(f"on {SAMPLES} of {SAMPLES} samples")
    expect(samples.locator("tbody tr").first).to_contain_text("somebody opens door")
    samples.get_by_label("order").select_option("gain")
    expect(samples.locator("thead th").nth(1)).to_have_text(f"#{trained[2].pk}")
    there = page.url
    assert {"sort=gain", f"own={trained[2].pk}"} <= set(there.split("&"))
    link = samples.locator("tbody a").first
    assert (link.get_attribute("href") or "").startswith(f"/jobs/{trained[2].pk}/samples/")
    link.click()
    expect(page).to_have_url(re.compile(rf"/jobs/{trained[2].pk}/samples/\d+/"))
    page.go_back()
    assert page.url == there
    expect(samples.get_by_label("order")).to_have_value("gain")


def test_weights_stand_side_by_side_on_one_scale(compared: Page) -> None:
    weights = section(compared, "Weights of the teachers")
    expect(weights.locator("article")).to_have_count(4)
    expect(weights.get_by_role("img", name="map2d: weight 0.75 at first").first).to_be_visible()


def test_the_page_fits_a_phone(compared: Page) -> None:
    page = compared
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.reload()
    for part in page.locator("compare-page section").all():
        part.scroll_into_view_if_needed()
    expect(page.locator("sample-gains[data-drawn]")).to_be_visible()
    quality = page.locator("sample-gains tbody td.number").first
    assert quality.evaluate("(cell) => cell.firstChild.getClientRects().length") == 1  # on one line
    page.locator("curve-overlay summary").click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_jobs_the_page_says_how_to_choose_some(logged_in: Page, site: Site, project: Project) -> None:
    logged_in.goto(f"{site.url}/compare/")
    expect(logged_in.get_by_text("Choose two or more jobs")).to_be_visible()


def test_the_best_under_a_limit_is_found_in_the_table_of_jobs_and_compared(
    logged_in: Page, site: Site, trained: list[Job]
) -> None:
    page = logged_in
    page.goto(f"{site.url}/projects/moments/jobs/?columns=name,test/miou,student.params")
    page.get_by_role("searchbox", name="Find jobs").fill("student.params<=50k")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_text("3 jobs found")).to_be_visible()
    page.get_by_role("columnheader", name="test/miou").get_by_role("link").click()
    best = page.locator("tbody tr").first
    expect(best).to_contain_text(f"#{trained[1].pk}")
    page.get_by_role("checkbox", name=f"Tick job {trained[1].pk}").check()
    page.get_by_role("checkbox", name=f"Tick job {trained[3].pk}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare jobs")).to_be_visible()
    expect(page.locator("job-legend li")).to_have_count(2)
    page.wait_for_function(f"() => ({DRAWN})() === 2")
