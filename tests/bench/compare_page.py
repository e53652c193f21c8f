"""How long a browser takes until the first chart of ten compared jobs is drawn; part of the benchmark `table`."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.application import application

JOBS = 10
COLD, WARM = 3, 7
KNOWN = 2
SETTLES_MS = 1_000
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

    Times are in ms from the navigation to the frame in which the chart stands, as the median: `cold` in a browser
    just started whose profile is empty, `warm` when the page was opened there before. The server has answered others.
    """
    program = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if program is None:
        return {}
    address = f"{url}/compare/?jobs={','.join(map(str, _newest()))}"
    cold: list[float] = []
    warm: list[float] = []
    for turn in range(COLD + 1):
        with _browser(program, url, cookie) as page:
            first = _opened(page, address)
            if turn:  # the first one warms the server
                cold.append(first)
            if turn == COLD:
                # A browser keeps what it has compiled of a script once it has met it some times.
                warm = [_opened(page, address) for _ in range(KNOWN + WARM)][KNOWN:]
    return {
        "first_chart_cold_ms": round(statistics.median(cold), 1),
        "first_chart_warm_ms": round(statistics.median(warm), 1),
        "first_chart_warm_slowest_ms": round(max(warm), 1),
    }


def _newest() -> list[int]:
    from jobs.models import MetricChunk

    with_curves = MetricChunk.objects.order_by("-job_id").values_list("job_id", flat=True).distinct()
    return sorted(with_curves[:JOBS])


@contextmanager
def _browser(program: str, url: str, cookie: str) -> Iterator[Any]:
    """A page of a browser with a profile of its own, as people have one: a private window keeps no compiled scripts."""
    from playwright.sync_api import sync_playwright

    name, _, value = cookie.partition("=")
    with tempfile.TemporaryDirectory(prefix="mtkd-bench-") as folder, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(folder, executable_path=program, args=list(FLAGS))
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        page.add_init_script(f"({NOTES})()")
        try:
            yield page
        finally:
            context.close()


def _opened(page: Any, address: str) -> float:
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    taken = float(page.wait_for_function(DRAWN).json_value())
    page.wait_for_timeout(SETTLES_MS)  # what comes after the first chart is not of the next page's time
    return taken
