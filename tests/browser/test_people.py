"""Members, accounts and tokens in a real browser."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Membership, Project, User
from tests.browser.conftest import Site

PHONE = {"width": 360, "height": 780}
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_a_superuser_opens_an_account_and_its_owner_comes_in(
    logged_in: Page, site: Site, project: Project, stranger: Page
) -> None:
    page = logged_in
    page.goto(f"{site.url}/people/")
    page.get_by_label("User name").fill("grace")
    page.get_by_role("button", name="Open account").click()
    password = page.locator("[data-copy]").inner_text()
    page.goto(f"{site.url}/projects/moments/members/")
    page.get_by_label("User name").fill("grace")
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("grace is in Moments as viewer.")).to_be_visible()
    stranger.goto(f"{site.url}/projects/moments/members/")
    stranger.get_by_label("Username").fill("grace")
    stranger.get_by_label("Password").fill(password)
    stranger.get_by_role("button", name="Log in").click()
    expect(stranger.get_by_role("heading", name="2 members")).to_be_visible()
    expect(stranger.get_by_role("button", name="Add")).to_have_count(0)
    page.get_by_label("Role of grace").select_option("admin")
    page.get_by_role("button", name="Set the role of grace").click()
    expect(page.get_by_text("grace is admin now.")).to_be_visible()
    stranger.reload()
    expect(stranger.get_by_role("button", name="Add")).to_be_visible()


def test_a_token_of_one_project_is_made_and_used(logged_in: Page, site: Site, project: Project) -> None:
    page = logged_in
    page.goto(f"{site.url}/account/tokens/")
    page.get_by_label("Name", exact=True).fill("nightly")
    page.get_by_label("jobs:write").uncheck()
    page.get_by_label("sources:read").uncheck()
    page.get_by_label("Project", exact=True).select_option("moments")
    page.get_by_label("Works for").select_option("30")
    page.get_by_role("button", name="Make token").click()
    secret = page.locator("[data-copy]").inner_text()
    asked = urllib.request.Request(
        f"{site.url}/api/v1/account/", headers={"Authorization": f"Bearer {secret}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        told = json.load(answer)
    assert told["user"] == "admin"
    assert (told["token"]["scopes"], told["token"]["project"]) == (["jobs:read"], "moments")
    page.goto(f"{site.url}/account/tokens/")
    expect(page.get_by_text("last used")).to_be_visible()
    page.get_by_role("button", name="Revoke nightly").click()
    expect(page.get_by_text("No tokens yet")).to_be_visible()


@pytest.mark.parametrize("address", ["people/", "projects/moments/members/", "account/tokens/"])
def test_pages_about_people_fit_a_phone(logged_in: Page, site: Site, project: Project, address: str) -> None:
    for name in ("a-person-with-a-rather-long-name@laboratory.example.org", "bob"):
        person = User.objects.create_user(username=name)
        Membership.objects.create(project=project, user=person, role="editor")
    logged_in.set_viewport_size(PHONE)
    logged_in.goto(f"{site.url}/{address}")
    assert not logged_in.evaluate(f"() => {WIDE}")
