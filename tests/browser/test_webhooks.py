"""An admin makes a webhook, sends it a test, and sees what came back; badges are seen without logging in."""

from __future__ import annotations

import os
import threading
from ipaddress import ip_network
from pathlib import Path

from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django import Settings

from jobs.courier import Courier
from jobs.models import Dataset, FinalMetric, Job, Project, User, Webhook
from jobs.operations.baselines import set_baseline
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.browser.test_policy import REPORT
from tests.jobs.receiver import receiving
from webapp.badges import key_of

LONG = "https://93.184.215.14/hooks/" + "a-rather-long-part-of-an-address/" * 8


def send() -> None:
    """What a worker does beside its work; the driver of the browser has this thread's event loop."""

    def beat() -> None:
        Courier().beat()
        connection.close()

    sending = threading.Thread(target=beat)
    sending.start()
    sending.join()


def picture(page: Page, name: str) -> None:
    """For whoever wants to look: a folder of screenshots, where one is named."""
    if folder := os.environ.get("MTKD_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_webhook_is_made_tested_and_its_answer_is_seen(
    logged_in: Page, site: Site, project: Project, settings: Settings
) -> None:
    page = logged_in
    page.add_init_script(f"({REPORT})()")
    page.goto(f"{site.url}/projects/moments/settings/")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("Address").fill("https://127.0.0.1/")
    page.get_by_role("button", name="Make webhook").click()
    expect(page.locator("#id_url-error")).to_contain_text("not in the public internet")
    page.get_by_label("Address").fill("https://93.184.215.14/hook")
    page.get_by_label("a job starts").uncheck()
    page.get_by_role("button", name="Make webhook").click()
    secret = page.locator("copy-text.secret code").inner_text()
    webhook = Webhook.objects.get()
    assert (webhook.secret, "job.started" in webhook.events) == (secret, False)
    settings.WEBHOOK_PRIVATE = (ip_network("127.0.0.0/8"),)
    with receiving() as receiver:
        receiver.status, receiver.answer = 500, b"out of <b>paper</b>"
        Webhook.objects.update(url=receiver.url)
        page.get_by_role("button", name="Send a test message").click()
        log = page.locator("[data-delivery]")
        expect(log.first).to_contain_text("not tried yet")
        send()
        page.reload()
        expect(log.first).to_contain_text("1 try, answered 500")
        log.first.get_by_text("Message and answer").click()
        expect(log.first).to_contain_text("out of <b>paper</b>")
        webhook.deliveries.update(state="failed")
        page.reload()
        receiver.status = 200
        log.first.get_by_role("button", name="Send again").click()
        send()
        page.reload()
        expect(log.first).to_contain_text("delivered")
    assert page.evaluate("() => window.violations") == []
    page.get_by_role("button", name="Rotate secret").click()
    assert page.locator("copy-text.secret code").inner_text() != secret


def test_pages_of_webhooks_fit_a_phone(logged_in: Page, site: Site, project: Project, user: User) -> None:
    page = logged_in
    page.emulate_media(color_scheme="dark")
    webhook = Webhook.objects.create(
        project=project, url=LONG, events=["job.failed", "gate.failed"], secret="whsec_AA", created_by=user
    )
    for state, status, trouble in (
        ("delivered", 204, ""),
        ("failed", 500, "It answered 500."),
        ("waiting", None, ""),
    ):
        webhook.deliveries.create(
            message_id=f"msg_{state}",
            event="job.failed",
            body="{" + "x" * 400 + "}",
            state=state,
            tries=3,
            status=status,
            trouble=trouble,
            answer="y" * 300,
            seconds=0.123,
            next_at=webhook.created_at,
        )
    for width, name in ((1280, "wide"), (PHONE["width"], "phone")):
        page.set_viewport_size({"width": width, "height": 800})
        for path in ("webhooks/", f"webhooks/{webhook.pk}/"):
            page.goto(f"{site.url}/projects/moments/{path}")
            for details in page.locator("[data-delivery] summary").all():
                details.click()
            picture(page, f"webhooks-{path.count('/')}-{name}")
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, path


def test_a_stranger_sees_the_badge_that_a_member_copied(
    logged_in: Page, site: Site, project: Project, user: User, sources: Dataset, stranger: Page
) -> None:
    job = submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))
    Job.objects.filter(pk=job.pk).update(state="succeeded", gate_outcome="passed")
    FinalMetric.objects.create(job=job, name="test/miou", value=0.4213)
    set_baseline(project=project, user=user, name="main", job_id=job.pk)
    page = logged_in
    page.goto(f"{site.url}/jobs/{job.pk}/")
    page.locator("#badge summary").click()
    snippet = page.locator("#badge [data-copy]").inner_text()
    address = snippet.removeprefix(f"[![job {job.pk}](").split(")")[0]
    assert page.locator("#badge img").evaluate("(image) => image.complete && image.naturalWidth > 60")
    picture(page, "badge-of-job")
    page.goto(f"{site.url}/projects/moments/#baselines")
    page.locator("#baselines summary").click()
    assert page.locator("#baselines img").evaluate(
        "(image) => image.decode().then(() => image.naturalWidth > 60)"
    )
    picture(page, "badge-of-baseline")
    stranger.goto(address)
    assert stranger.locator("title").text_content() == "gate: passed"
    stranger.goto(f"{address}&metric=miou")
    assert stranger.locator("title").text_content() == f"job {job.pk} miou: 0.4213"
    assert key_of(f"job:{job.pk}") in address
