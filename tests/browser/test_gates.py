"""Gates and baselines as somebody meets them: in the form, on the page of a job that ends, in the project."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from jobs.models import Dataset, Project, User
from jobs.operations.baselines import set_baseline
from tests.browser.conftest import Site
from tests.browser.test_look import PHONE
from tests.engine_double import EngineDouble

GATES = "test/miou >= 0.45\ntest/miou >= baseline(main) + 0.01\nlatency_ms.p50 <= 5"


def test_a_job_is_submitted_with_gates_judged_while_it_is_watched_and_made_the_baseline(
    logged_in: Page, site: Site, sources: Dataset
) -> None:
    page = logged_in
    page.goto(f"{site.url}/projects/moments/jobs/new/")
    page.get_by_label("Name", exact=True).fill("candidate")
    page.get_by_label("Gates").fill("test/miou\n")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_text("after the metric comes one of >= > <= < ==")).to_be_visible()
    page.get_by_label("Gates").fill(GATES)
    page.get_by_role("button", name="Submit job").click()

    gates = page.get_by_role("region", name="Gates")
    expect(gates.get_by_text("Judged at the end.")).to_have_count(3)
    double = EngineDouble()
    double.start()
    double.finish()
    expect(gates.get_by_text("test/miou is 0.5, and 0.45 or more is asked.")).to_be_visible()
    expect(gates.get_by_text("The project has no baseline 'main'; there is none.")).to_be_visible()
    expect(page.get_by_role("link", name="gates failed")).to_be_visible()

    page.get_by_label("Name of the baseline").fill("main")
    page.get_by_role("button", name="Make baseline").click()
    expect(page.get_by_text("The job is baseline main now.")).to_be_visible()
    page.goto(f"{site.url}/projects/moments/")
    baselines = page.get_by_role("region", name="Baselines")
    expect(baselines.get_by_role("link", name="candidate")).to_be_visible()
    baselines.get_by_role("button", name="Remove baseline main").click()
    expect(page.get_by_text("There is no baseline main any more.")).to_be_visible()


def test_long_rules_fit_a_phone(logged_in: Page, site: Site, sources: Dataset, project: Project) -> None:
    page = logged_in
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    long = " ".join(("teacher:" + "x" * 90 + "/miou", ">=", "teacher:" + "y" * 90 + "/miou"))
    for gates in ("", f"{long}\ntest/miou > 0.4"):
        page.goto(f"{site.url}/projects/moments/jobs/new/")
        page.get_by_label("Gates").fill(gates)
        page.get_by_role("button", name="Submit job").click()
        expect(page.get_by_text("was submitted.")).to_be_visible()
        double = EngineDouble()
        double.start()
        double.finish()
    expect(page.get_by_text("Failed:")).to_be_attached()
    set_baseline(project=project, user=User.objects.get(), name="n" * 80, job_id=double.job.pk)
    for address in (page.url, f"{site.url}/projects/moments/", f"{site.url}/projects/moments/jobs/new/"):
        page.goto(address)
        wide = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, address
