"""Saying what a classifier is: names and numbers are asked for where they are needed."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from jobs.models import Project, Registration, RegistrationState, User
from tests.browser.conftest import Site
from tests.classifying import make_images

ASKS = {
    "needs": ["dataset", "card"],
    "proposed": {"net": {"depth": 20, "family": "cifar_resnet"}, "classes": 4, "channels": 3},
}


def test_names_and_numbers_are_asked_for_where_they_are_needed(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    make_images(project)
    row = Registration.objects.create(
        project=project,
        user=user,
        kind="teacher",
        name="net",
        state=RegistrationState.WAITING,
        report={"kind": "model", "task": "classification", "sealed": False, "asks": ASKS},
        asked={"split": "val", "files": [{"name": "net.th", "bytes": 5}]},
    )
    page = logged_in
    page.goto(f"{site.url}/registrations/{row.pk}/")
    assert page.get_by_label("Architecture").input_value().startswith("family: cifar_resnet")
    names, size = page.get_by_label("Names of its outputs"), page.get_by_label("Pixels a side")
    expect(names).to_be_hidden()
    expect(size).to_be_hidden()
    page.get_by_label("Classes").select_option("list")
    page.get_by_label("Input", exact=True).select_option("own")
    expect(names).to_be_visible()
    expect(size).to_be_visible()
    page.get_by_label("Classes").select_option("dataset")
    expect(names).to_be_hidden()
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
