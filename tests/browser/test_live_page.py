"""What a person sees while a job runs, without ever reloading."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job, Project, User
from jobs.operations.jobs import submit
from mtkd_engine.events import Entered, Metrics, Warned
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.engine_double import TEACHERS, EngineDouble

LABELS = ["the dog runs", "<b>a cat</b> sleeps"]


@pytest.fixture
def job(project: Project, user: User, sources: Dataset) -> Job:
    raw = {"name": "watched", "data": {"dataset": "world"}, "method": {"kind": "emtm"}, "teachers": TEACHERS}
    return submit(project=project, user=user, spec=parse(raw))


def losses(double: EngineDouble, first: int, last: int) -> None:
    for step in range(first, last + 1):
        values = {"loss/total": 1 / step, "weight/span": 0.6, "weight/map2d": 0.4, "val/miou": 0.5}
        double.say(Metrics(step=step, values=values))


def drawn(page: Page, chart: str, seq: int) -> None:
    expect(page.locator(chart)).to_have_attribute("data-drawn-seq", str(seq))


def test_a_job_is_watched_from_waiting_to_its_result(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    state, link = page.locator('[data-part="state"]'), page.locator('[data-part="link"]')
    expect(state).to_have_text("queued")
    expect(link).to_have_text("live")
    page.evaluate("() => { window.sameDocument = true; }")

    double = EngineDouble()
    double.start(total_steps=100)
    expect(state).to_have_text("running")
    losses(double, 1, 20)
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    drawn(page, "#weights", double.journal.next_seq - 1)
    expect(page.locator("#chart-loss .legend-item")).to_contain_text("total 0.05")
    expect(page.locator('[data-part="steps"]')).to_contain_text("Step 20 of 100")

    double.probe(step=0, labels=LABELS, first=0.25)
    double.probe(step=20, labels=LABELS, first=0.75)
    expect(page.locator("#probe td").first).to_have_text("0.75")
    expect(page.locator("#probe tbody th").last).to_have_text("<b>a cat</b> sleeps")
    page.locator("#probe-step").press("Home")
    expect(page.locator("#probe td").first).to_have_text("0.25")

    double.say(Warned(code="x", message="One teacher is worse than blind.", step=20), Entered(part="export"))
    expect(page.locator("event-list li").first).to_contain_text("Writing artifacts")
    page.get_by_role("button", name=re.compile("warnings")).click()
    expect(page.locator("event-list li:visible")).to_have_count(1)

    double.finish(files={"student.safetensors": b"weights"})
    expect(state).to_have_text("succeeded")
    expect(link).to_have_text("finished")
    expect(page.locator('tr[data-row="student"]')).to_contain_text("55.0")
    expect(page.get_by_role("button", name="Cancel job")).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name="student.safetensors").click()
    assert download.value.path().read_bytes() == b"weights"
    assert page.evaluate("() => window.sameDocument") is True


def test_a_lost_connection_is_shown_and_nothing_is_missed(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    double = EngineDouble()
    double.start()
    losses(double, 1, 5)
    page.goto(f"{site.url}/jobs/{job.pk}/")
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    site.kill()
    expect(page.locator('[data-part="link"]')).to_have_text("reconnecting")
    losses(double, 6, 9)
    site.start()
    expect(page.locator('[data-part="link"]')).to_have_text("live")
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    steps = page.evaluate("() => document.querySelector('#chart-loss .plot').data[0].x")
    assert steps == list(range(1, 10))


def test_what_is_not_a_number_is_drawn_as_a_mark(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    double = EngineDouble()
    double.start()
    for step, value in enumerate((1.0, float("nan"), 0.5), start=1):
        double.say(Metrics(step=step, values={"loss/total": value}))
    page.goto(f"{site.url}/jobs/{job.pk}/")
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    marks = page.evaluate(
        """() => document.querySelector("#chart-loss .plot").data
                  .filter((trace) => trace.mode === "markers").map((trace) => [trace.x, trace.text])"""
    )
    assert marks == [[[2], ["NaN"]]]


def test_a_failure_is_told_at_once(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    double = EngineDouble()
    double.start()
    double.fail("The loss became NaN at step 7.")
    expect(page.get_by_role("alert")).to_contain_text("The loss became NaN at step 7.")


def test_cancelling_from_the_page_ends_the_job(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    page.get_by_role("button", name="Cancel job").click()
    expect(page.locator('[data-part="state"]')).to_have_text("cancelled")


def test_log_and_curves_can_be_switched(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    double = EngineDouble()
    double.start()
    losses(double, 1, 5)
    page.goto(f"{site.url}/jobs/{job.pk}/")
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    page.locator("#chart-loss").get_by_role("button", name="log").click()
    expect(page.locator('#chart-loss button[data-toggle="log"]')).to_have_attribute("aria-pressed", "true")
    page.locator("#chart-loss .legend-item").click()
    expect(page.locator("#chart-loss .scatterlayer .trace")).to_have_count(0)


def test_news_waits_while_charts_have_drawn_enough_and_a_click_does_not(
    logged_in: Page, site: Site, job: Job
) -> None:
    page = logged_in
    double = EngineDouble()
    double.start()
    losses(double, 1, 5)
    page.goto(f"{site.url}/jobs/{job.pk}/")
    first = double.journal.next_seq - 1
    drawn(page, "#chart-loss", first)
    drawn(page, "#weights", first)
    # A minute of drawing earns a minute of rest, for all charts of the page.
    page.evaluate(
        """() => import(new URL("drawing-time.js", document.querySelector("[src$='/job.js']").src))
        .then((time) => time.drew(60_000))"""
    )
    losses(double, 6, 9)
    expect(page.locator('[data-part="steps"]')).to_contain_text("Step 9")
    page.locator("#chart-loss").get_by_role("button", name="log").click()
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    assert page.locator("#weights").get_attribute("data-drawn-seq") == str(first)


def test_zooming_asks_the_server_for_finer_curves(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    double = EngineDouble()
    double.start(total_steps=4000)
    for part in (range(1, 2001), range(2001, 4001)):
        double.say(*(Metrics(step=step, values={"loss/total": 5 + step % 7}) for step in part))
    page.goto(f"{site.url}/jobs/{job.pk}/")
    drawn(page, "#chart-loss", double.journal.next_seq - 1)
    shown = (
        "(range) => document.querySelector('#chart-loss .plot').data[0].x.filter((x) => x > 999 && x < 1101)"
    )
    assert len(page.evaluate(shown)) < 100
    page.evaluate(
        """() => Plotly.relayout(document.querySelector("#chart-loss .plot"),
                                 {"xaxis.range[0]": 1000, "xaxis.range[1]": 1100})"""
    )
    page.wait_for_function(f"() => ({shown})().length === 101")
    steps = page.evaluate("() => document.querySelector('#chart-loss .plot').data[0].x")
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert steps[-1] == 4000


def test_copies_of_a_teacher_share_a_colour_and_an_entry(logged_in: Page, site: Site, job: Job) -> None:
    page = logged_in
    double = EngineDouble()
    double.start()
    double.say(Entered(part="folds", detail="span: copy 2 of 3"))
    for copy in (0, 1):
        values = {f"fold/span/{copy}/loss/total": 2.0, f"fold/span/{copy}/val/miou": 0.2 + 0.2 * copy}
        double.say(Metrics(step=7, values=values))
    page.goto(f"{site.url}/jobs/{job.pk}/")
    steps = page.locator('[data-part="steps"]')
    expect(steps).to_have_text("Training copies of the teachers (span, copy 2 of 3) · Step 0 of 100")
    page.locator("#chart-fold").scroll_into_view_if_needed()
    expect(page.locator("#chart-fold .legend-item")).to_have_text(["span 30.0% mIoU, mean of 2"])
