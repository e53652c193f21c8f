"""The Content-Security-Policy holds on the page that asks most of it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from jobs.models import Dataset, Project, User
from jobs.operations.jobs import submit
from mtkd_engine.events import Metrics
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.engine_double import EngineDouble
from tests.webapp.working import a_worker

REPORT = """() => {
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push([event.effectiveDirective, event.blockedURI]));
}"""


def test_charts_break_one_known_rule_and_no_other(
    logged_in: Page, site: Site, project: Project, user: User, sources: Dataset
) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    job = submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))
    double = EngineDouble()
    double.start()
    for step in range(1, 9):
        double.say(Metrics(step=step, values={"loss/total": 1 / step}))
    page.goto(f"{site.url}/jobs/{job.pk}/")
    chart = page.locator("#chart-loss")
    expect(chart).to_have_attribute("data-drawn-seq", str(double.journal.next_seq - 1))
    chart.hover()
    # The bundle brings the style sheet of its maps, which are not used here.
    assert page.evaluate("() => window.violations") == [["style-src-elem", "inline"]]
    layers = page.evaluate(
        "() => [...document.querySelectorAll('#chart-loss .main-svg')].map(e => getComputedStyle(e).position)"
    )
    assert set(layers) == {"absolute"}


def test_pages_without_charts_break_no_rule(logged_in: Page, site: Site, sources: Dataset) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    a_worker("host/worker-1", clock_ahead=9)
    project = [f"/projects/moments/{path}" for path in ("", "jobs/new/", "settings/")]
    for path in ("/", *project, "/queue/", "/workers/", "/health/", "/account/tokens/", "/nope/"):
        page.goto(site.url + path)
        assert page.evaluate("() => window.violations") == []
