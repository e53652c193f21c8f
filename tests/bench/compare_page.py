"""How long a browser takes until the first chart of ten compared jobs is drawn; part of the benchmark `table`."""

from __future__ import annotations

import json
import shutil
import statistics
from typing import Any

from tests.bench.application import application

JOBS = 10
COLD, WARM = 3, 7
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
NOTES = """() => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("curve-overlay article[data-drawn]")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.firstChart = performance.now(); }));
  }).observe(document, { subtree: true, attributeFilter: ["data-drawn"] });
}"""
DRAWN = "() => window.firstChart"


def main() -> None:
    """This will make 150 jobs with curves, open the page of ten of them, and print what it took."""
    with application(data_roots=[], workers=0) as app:
        from jobs.models import Project, User
        from tests.bench.compare_jobs import comparable, cookie_of
        from tests.bench.many_jobs import fill

        project = Project.objects.get(slug=app.project)
        user = User.objects.filter(memberships__project=project)[0]
        fill(project, user, count=150)
        comparable(app.home)
        found = measured(app.rest._url, cookie_of(user))
    print("| | ms |\n|---|---|")
    for name, value in found.items():
        print(f"| {name} | {value} |")
    print(json.dumps(found), flush=True)


def measured(url: str, cookie: str) -> dict[str, float]:
    """This will open the page of the newest ten jobs with curves in Chromium; nothing where none is installed.

    Times are in ms from the navigation to the frame in which the chart stands, as the median: `cold` with a browser
    just started and nothing in its cache, `warm` with the page opened before. The server has answered others.
    """
    program = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if program is None:
        return {}
    address = f"{url}/compare/?jobs={','.join(map(str, _newest()))}"
    from playwright.sync_api import sync_playwright

    cold: list[float] = []
    warm: list[float] = []
    with sync_playwright() as driver:
        for turn in range(COLD + 1):
            browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
            page = _page(browser, url, cookie)
            first = _opened(page, address)
            if turn:  # the first one warms the server
                cold.append(first)
            if turn == COLD:
                warm = [_opened(page, address) for _ in range(WARM)]
            browser.close()
    return {
        "first_chart_cold_ms": round(statistics.median(cold), 1),
        "first_chart_warm_ms": round(statistics.median(warm), 1),
        "first_chart_warm_slowest_ms": round(max(warm), 1),
    }


def _newest() -> list[int]:
    from jobs.models import MetricChunk

    with_curves = MetricChunk.objects.order_by("-job_id").values_list("job_id", flat=True).distinct()
    return sorted(with_curves[:JOBS])


def _page(browser: Any, url: str, cookie: str) -> Any:
    name, _, value = cookie.partition("=")
    context = browser.new_context()
    context.add_cookies([{"name": name, "value": value, "url": url}])
    page = context.new_page()
    page.add_init_script(f"({NOTES})()")
    return page


def _opened(page: Any, address: str) -> float:
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    return float(page.wait_for_function(DRAWN).json_value())
