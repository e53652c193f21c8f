"""The whole way in a real browser: from the form to the student, with a real worker and the real engine."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from safetensors.numpy import load

from jobs.attempt.recorder import JOURNAL
from jobs.local.child import Child
from jobs.models import Attempt, Job, Project, State, User
from jobs.operations.jobs import submit
from jobs.operations.registrations import promote, register
from mtkd_engine.events import Metrics
from mtkd_engine.journal import read
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.jobs.registering import taken_in

pytestmark = pytest.mark.slow
SMALL: dict[str, dict[str, Any]] = {
    "span": {"family": "span", "clips": 8, "width": 8, "encoder_layers": 1},
    "map2d": {"family": "map2d", "clips": 8, "width": 8, "map_layers": 1},
}
LISTEN = """
window.drawings = [];
document.addEventListener("drawn", (event) => {
  if (event.target.id === "chart-loss") window.drawings.push([event.detail.seq, event.detail.at]);
});
"""


@pytest.fixture
def taught_project(
    project: Project, user: User, noise: Path, worker: Child, until: Callable[..., None]
) -> Project:
    """A project with a dataset and one teacher of each family, trained by real jobs."""
    taken_in(register(project=project, user=user, kind="dataset", name="noise", path=str(noise)))
    jobs = []
    for family, net in SMALL.items():
        raw = {"name": family, "data": {"dataset": "noise"}, "student": {"net": net}, "optim": {"epochs": 1}}
        jobs.append(submit(project=project, user=user, spec=parse(raw)))
    for job in jobs:
        until(lambda job=job: Job.objects.get(pk=job.pk).is_final, seconds=120)
        done = Job.objects.get(pk=job.pk)
        assert done.state == State.SUCCEEDED, done.failure
        taken_in(promote(job=done, user=user, name=job.name))
    return project


def fill(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("the whole way")
    page.get_by_label("Method").select_option("emtm")
    for name in SMALL:
        page.get_by_role("checkbox", name=name).check()
    page.locator("#f-method-emtm-folds").fill("2")
    page.get_by_label("Clips").first.fill("8")
    page.locator("#f-optim-epochs").fill("6")
    page.get_by_label("Batch size").fill("8")
    page.locator("summary", has_text="Advanced").click()
    page.get_by_label("Log every").fill("1")
    page.get_by_label("Every", exact=True).fill("2")


def test_from_the_form_to_the_student(
    logged_in: Page, site: Site, taught_project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    page = logged_in
    page.add_init_script(LISTEN)
    page.goto(f"{site.url}/projects/moments/")
    page.get_by_role("link", name="Submit a job").click()
    fill(page)
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="the whole way")).to_be_visible()
    page.evaluate("() => { window.sameDocument = true; }")

    state = page.locator('[data-part="state"]')
    expect(state).to_have_text("running")
    expect(page.locator("#chart-loss .legend-item").first).to_contain_text("total", timeout=120_000)
    page.locator("#weights").scroll_into_view_if_needed()
    expect(page.locator("#weights .heatmaplayer image").first).to_be_attached()
    expect(page.locator("#probe tbody tr")).to_have_count(16)
    page.locator("#chart-loss").scroll_into_view_if_needed()

    expect(state).to_have_text("succeeded", timeout=120_000)
    expect(page.locator('tr[data-row="student"]')).to_be_visible()
    for baseline in ("blind", "best_single", "uniform", "static", "oracle"):
        expect(page.locator(f'tr[data-row="{baseline}"]')).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="student.safetensors").click()
    assert load(download.value.path().read_bytes())
    assert page.evaluate("() => window.sameDocument") is True

    delays = delays_ms(page)
    with capsys.disabled():
        middle, worst = statistics.median(delays), max(delays)
        print(f"\nwritten to drawn: median {middle:.0f} ms, worst {worst:.0f} ms of {len(delays)} points")
    assert len(delays) >= 50
    assert statistics.median(delays) < 1000


def delays_ms(page: Page) -> list[float]:
    """From each line of metrics in the engine's journal to the first drawing that holds it."""
    job = Job.objects.get(name="the whole way")
    drawings: list[tuple[int, float]] = page.evaluate("() => window.drawings")
    first = drawings[0][0]
    journal = Path(Attempt.objects.get(job=job).folder) / JOURNAL
    delays = []
    for line in read(journal):
        is_loss = isinstance(line.event, Metrics) and any(n.startswith("loss/") for n in line.event.values)
        if is_loss and line.seq > first:
            delays += [min(at for seq, at in drawings if seq >= line.seq) - line.time_ms]
    return delays
