"""The generated form, used by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Job
from tests.browser.conftest import Site


@pytest.fixture
def form(logged_in: Page, site: Site, sources: Dataset) -> Page:
    logged_in.goto(f"{site.url}/projects/moments/jobs/new/")
    return logged_in


def test_choosing_a_method_shows_its_part_and_the_teachers(form: Page) -> None:
    teachers, folds = form.get_by_role("checkbox", name="span"), form.locator("#f-method-emtm-folds")
    expect(teachers).to_be_hidden()
    expect(folds).to_be_hidden()
    form.get_by_label("Method").select_option("emtm")
    expect(teachers).to_be_visible()
    expect(folds).to_be_visible()
    form.get_by_label("Method").select_option("solo")
    expect(teachers).to_be_hidden()


def test_a_job_is_submitted_by_the_form(form: Page) -> None:
    form.get_by_label("Name", exact=True).fill("by hand")
    form.get_by_label("Method").select_option("emtm")
    form.get_by_role("checkbox", name="span").check()
    form.locator("#f-optim-epochs").fill("3")
    form.get_by_role("button", name="Submit job").click()
    expect(form.get_by_role("heading", name="by hand")).to_be_visible()
    assert Job.objects.get().spec["optim"]["epochs"] == 3


def test_a_refused_field_is_marked_and_both_tabs_keep_what_was_typed(form: Page) -> None:
    form.get_by_role("tab", name="YAML").click()
    form.get_by_label("Spec").fill("name: half done")
    form.get_by_role("tab", name="YAML").press("ArrowLeft")
    form.locator("#f-optim-epochs").fill("none")
    form.get_by_role("button", name="Submit job").click()
    epochs = form.locator("#f-optim-epochs")
    expect(epochs).to_have_value("none")
    expect(epochs).to_have_attribute("aria-invalid", "true")
    expect(form.locator("#f-optim-epochs-error")).to_contain_text("Given 'none'")
    form.get_by_role("tab", name="YAML").click()
    expect(form.get_by_label("Spec")).to_have_value("name: half done")


def test_the_same_spec_goes_as_yaml(form: Page) -> None:
    form.get_by_role("tab", name="YAML").click()
    form.get_by_label("Spec").fill("name: as text\ndata: {dataset: world}\noptim: {epochs: 2}\n")
    form.get_by_role("button", name="Submit YAML").click()
    expect(form.get_by_role("heading", name="as text")).to_be_visible()
