"""Queues, workers and the log, as somebody sees them who leaves the page open."""

from __future__ import annotations

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job, LogChunk, Project, State, User, Worker
from jobs.notify import notify
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.engine_double import EngineDouble
from tests.webapp.working import a_worker

AT_THE_END = """() => {
  const box = document.querySelector(".log");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 24;
}"""
pytestmark = pytest.mark.usefixtures("sources")


def another(project: Project, user: User, name: str, **more: int) -> Job:
    return submit(
        project=project, user=user, spec=parse({"name": name, "data": {"dataset": "world"}}), **more
    )


def say(double: EngineDouble, *lines: str) -> None:
    """Keep some lines of the engine's log, as its keeper does."""
    with transaction.atomic():
        kept = LogChunk.objects.filter(attempt=double.attempt).order_by("-start").first()
        start = kept.start + kept.size if kept else 0
        text = "\n".join(lines)
        LogChunk.objects.create(
            job=double.job, attempt=double.attempt, start=start, size=len(text) + 1, text=text
        )
        notify(job_id=double.claim.job_id)


def test_the_queue_page_follows_what_happens_and_keeps_the_focus(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    page = logged_in
    a_worker("double@test")
    another(project, user, "first")
    another(project, user, "second")
    page.goto(f"{site.url}/queue/")
    cpu = page.locator("#queue-cpu")
    expect(cpu.locator("tr", has_text="second")).to_contain_text("1 ahead")
    page.evaluate("() => { window.sameDocument = true; }")
    page.get_by_role("link", name="second").focus()

    another(project, user, "urgent", priority=9)
    expect(cpu.locator("tr", has_text="second")).to_contain_text("2 ahead")
    assert page.locator("#queue-cpu .job-name").all_inner_texts() == ["urgent", "first", "second"]
    EngineDouble().start()
    expect(cpu.locator("tr", has_text="urgent")).to_contain_text("double@test")
    expect(cpu).to_contain_text("1 running")
    expect(page.get_by_role("link", name="second")).to_be_focused()
    assert page.evaluate("() => window.sameDocument") is True


def test_a_worker_is_drained_and_taken_up_again_by_clicks(logged_in: Page, site: Site) -> None:
    page = logged_in
    a_worker("host/worker-1")
    page.goto(f"{site.url}/workers/")
    row = page.locator('[data-worker="host/worker-1"]')
    expect(row.locator(".badge")).to_have_text("idle")
    page.get_by_role("button", name="Drain host/worker-1").click()
    expect(page.get_by_role("status")).to_contain_text("takes nothing new")
    expect(row.locator(".badge")).to_have_text("drained")
    page.get_by_role("button", name="Let host/worker-1 take jobs again").click()
    expect(row.locator(".badge")).to_have_text("idle")
    assert Worker.objects.get().drain_requested_at is None


def test_the_worker_page_follows_what_happens_and_leaves_open_what_is_open(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    page = logged_in
    a_worker("double@test")
    page.goto(f"{site.url}/workers/")
    page.locator("summary", has_text="Versions").click()
    another(project, user, "taken")
    EngineDouble().start()
    expect(page.locator('[data-worker="double@test"]')).to_contain_text("taken")
    expect(page.locator('[data-worker="double@test"]')).to_contain_text("working")
    expect(page.get_by_text("python 3.11.9")).to_be_visible()


def test_a_lost_connection_is_told_and_the_page_mends_itself(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    page = logged_in
    page.goto(f"{site.url}/queue/")
    lost = page.locator('[data-part="lost"]')
    expect(lost).to_be_hidden()
    page.context.set_offline(True)
    expect(lost).to_contain_text("No connection to the server")
    page.context.set_offline(False)
    another(project, user, "meanwhile")
    expect(page.get_by_role("link", name="meanwhile")).to_be_visible()
    expect(lost).to_be_hidden()


def test_the_log_is_followed_searched_and_chosen_by_attempt(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    page = logged_in
    job = another(project, user, "talks")
    double = EngineDouble()
    double.start()
    say(double, *(f"epoch {number} begins" for number in range(200)))
    page.goto(f"{site.url}/jobs/{job.pk}/")
    lines, follow = page.locator("job-log .log"), page.locator('[data-part="follow"]')
    expect(lines).to_contain_text("epoch 199 begins")
    say(double, "<b>the newest</b> line")
    expect(lines).to_contain_text("<b>the newest</b> line")
    assert page.evaluate(AT_THE_END)

    page.evaluate("() => { document.querySelector('.log').scrollTop = 0; }")
    expect(follow).to_have_attribute("aria-pressed", "false")
    say(double, "unseen")
    expect(lines).to_contain_text("unseen")
    assert page.evaluate("() => document.querySelector('.log').scrollTop") == 0
    follow.click()
    page.wait_for_function(AT_THE_END)

    page.get_by_label("Search the log").fill("EPOCH 17")
    expect(page.locator('[data-part="found"]')).to_have_text("11 lines contain “EPOCH 17”.")
    expect(lines.locator("mark")).to_have_count(11)
    page.get_by_label("Search the log").fill("nowhere")
    expect(page.locator('[data-part="found"]')).to_have_text("No line contains “nowhere”.")
    page.get_by_label("Search the log").fill("")
    expect(lines).to_contain_text("unseen")

    Job.objects.filter(pk=job.pk).update(state=State.QUEUED, lease_until=None)
    again = EngineDouble()
    again.start()
    say(again, "second life")
    expect(lines).to_contain_text("Attempt 2")
    page.get_by_label("Attempt", exact=True).select_option("1")
    expect(lines).not_to_contain_text("second life")
    expect(lines).to_contain_text("unseen")
    page.get_by_label("Attempt", exact=True).select_option("2")
    expect(lines).to_have_text("second life")


def test_a_waiting_job_says_when_its_turn_comes_nearer(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    page = logged_in
    a_worker("double@test")
    another(project, user, "before")
    job = another(project, user, "patient")
    page.goto(f"{site.url}/jobs/{job.pk}/")
    expect(page.get_by_text("Waiting: 1 ahead.")).to_be_visible()
    EngineDouble().start()
    expect(page.get_by_text("Waiting: next; the workers of queue cpu are busy.")).to_be_visible()


def test_a_changed_job_remembers_where_it_came_from(
    logged_in: Page, site: Site, project: Project, user: User, sources: Dataset
) -> None:
    page = logged_in
    job = another(project, user, "original", priority=2)
    page.goto(f"{site.url}/jobs/{job.pk}/")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Resubmit with changes").click()
    expect(page.get_by_label("Priority")).to_have_value("2")
    page.locator("#f-optim-epochs").fill("3")
    page.get_by_label("Deadline").fill("2h")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("link", name=f"job #{job.pk}")).to_be_visible()
    newest = Job.objects.latest("pk")
    assert (newest.resubmitted_from, newest.priority, newest.spec["optim"]["epochs"]) == (job, 2, 3)
    assert newest.deadline_at is not None
