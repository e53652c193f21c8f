"""A real job of a real worker, stopped and sent on by clicks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Attempt, Job, Outcome, Project, State, User
from jobs.operations.jobs import submit
from jobs.operations.registrations import register
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.jobs.registering import taken_in

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("worker")]


@pytest.fixture
def job(project: Project, user: User, noise: object) -> Job:
    taken_in(register(project=project, user=user, kind="dataset", name="noise", path=str(noise)))
    small = {"family": "span", "clips": 8, "width": 8, "encoder_layers": 1}
    raw = {
        "data": {"dataset": "noise"},
        "student": {"net": small},
        "optim": {"epochs": 5000, "batch_size": 8},
    }
    return submit(project=project, user=user, spec=parse({"name": "long", **raw}))


def test_a_running_job_is_paused_sent_on_and_cancelled_by_clicks(
    logged_in: Page, site: Site, job: Job
) -> None:
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    state, bar = page.locator('[data-part="state"]'), page.locator('[data-part="bar"]')
    expect(state).to_have_text("running")
    expect(bar).not_to_have_js_property("value", 0)

    page.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("paused")
    expect(page.get_by_text("It goes on from its checkpoint when somebody resumes it.")).to_be_visible()
    first = Attempt.objects.get(job=job)
    assert first.outcome == Outcome.PAUSED
    assert first.checkpoint_step
    expect(page.locator(".is-attempts")).to_contain_text(f"step {first.checkpoint_step}")
    expect(page.locator(".is-attempts .badge")).to_have_text("paused")

    page.get_by_role("button", name="Resume").click()
    expect(state).to_have_text("running")
    expect(page.locator("event-list")).to_contain_text(f"resumed from step {first.checkpoint_step}")
    page.get_by_role("button", name="Cancel job").click()
    expect(state).to_have_text("cancelled")
    expect(page.get_by_role("button", name="Retry from step")).to_be_visible()
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED
