"""Light and dark, small screens, the keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job, Project, User
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from tests.browser.conftest import Site
from tests.engine_double import TEACHERS, EngineDouble
from tests.webapp.test_result_details import FULL
from tests.webapp.working import a_worker

PHONE = {"width": 360, "height": 740}


def test_no_page_is_wider_than_a_phone(
    logged_in: Page, site: Site, project: Project, user: User, sources: Dataset
) -> None:
    page = logged_in
    raw = {"name": "w" * 110, "data": {"dataset": "world"}, "method": {"kind": "emtm"}, "teachers": TEACHERS}
    job = submit(project=project, user=user, spec=parse(raw))
    double = EngineDouble()
    double.start()
    double.probe(step=0, labels=["the dog runs"], first=0.5)
    double.finish(files={"student.safetensors": b"x"})
    Job.objects.filter(pk=job.pk).update(result=FULL)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    a_worker("a-host-with-quite-a-long-name.of-some-company.example/worker-1", device_name="NVIDIA H200 NVL")
    paths = ("", "jobs/", "jobs/new/", "datasets/new/", "settings/")
    for path in [
        "/",
        "/account/tokens/",
        *(f"/jobs/{job.pk}/{path}" for path in ("", "deletion/", "schedule/")),
        *("/queue/", "/workers/", "/health/"),
        *(f"/projects/moments/{path}" for path in paths),
    ]:
        page.goto(site.url + path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], path


def test_a_chosen_theme_is_kept_and_charts_follow(logged_in: Page, site: Site) -> None:
    page = logged_in
    page.goto(f"{site.url}/")
    page.emulate_media(color_scheme="light")

    def paper() -> str:
        return str(page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))

    light = paper()
    page.get_by_role("button", name="Switch between light and dark").click()
    dark = paper()
    assert dark != light
    page.goto(f"{site.url}/account/tokens/")
    assert paper() == dark
    page.get_by_role("button", name="Switch between light and dark").click()
    assert paper() == light


def test_the_keyboard_reaches_the_content_first(logged_in: Page, site: Site) -> None:
    page = logged_in
    page.goto(f"{site.url}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="New project").first).to_be_focused()


def test_the_menu_closes_on_escape(logged_in: Page, site: Site) -> None:
    page = logged_in
    page.goto(f"{site.url}/")
    page.locator(".menu summary").click()
    expect(page.get_by_role("link", name="API tokens")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="API tokens")).to_be_hidden()
