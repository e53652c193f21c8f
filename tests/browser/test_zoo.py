"""The zoo as somebody meets it: from the project to a pair, its classes, and the form of a job with both in it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from jobs.models import Project, Registration, Teacher
from tests.browser.conftest import Site
from tests.browser.shots import shot
from tests.classifying import make_classifier, make_images
from tests.zoo_double import keep_measured, saying

LONG = "resnet20-trained-on-cats-and-dogs-without-a-break"


def test_partners_are_found_looked_at_and_led_to_a_job(
    logged_in: Page, site: Site, project: Project, tmp_path: Path
) -> None:
    page, pets = logged_in, make_images(project)
    for name, said in (
        (LONG, saying("cat", "dog", but=(0,))),
        ("vixen", saying("fox", "dog", but=(1, 5))),
        ("strix", saying("owl", "dog", "cat", but=(2, 3, 4))),
    ):
        keep_measured(make_classifier(project, name), pets, said, folder=tmp_path / "made")
    make_classifier(project, "shy")
    Teacher.objects.filter(name="shy").update(dataset=pets)

    page.goto(f"{site.url}/projects/moments/")
    page.get_by_role("link", name="Zoo", exact=True).click()
    models = page.get_by_role("region", name="Models on pets")
    expect(models.get_by_role("row", name=re.compile("vixen"))).to_contain_text("45.0 %")
    pairs = page.get_by_role("region", name="Who could learn from whom").get_by_role("listitem")
    expect(pairs).to_have_count(3)
    expect(pairs.first).to_contain_text("Together they know")
    models.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("shy is being measured on pets")).to_be_visible()
    assert Registration.objects.get().kind == "measurement"

    models.get_by_role("row", name=re.compile("vixen")).get_by_role("link", name="Find partners").click()
    mine = page.get_by_role("region", name="Partners of vixen").get_by_role("listitem")
    expect(mine).to_have_count(2)
    chosen = mine.filter(has_text="strix").first
    chosen.get_by_role("link", name="Class by class").click()
    expertise = page.get_by_role("region", name="Who knows which class")
    expect(expertise.get_by_role("row", name=re.compile("^fox"))).to_contain_text("100.0 %")
    shot(page, "zoo")
    page.get_by_role("link", name="Let them teach each other").first.click()
    expect(page.get_by_label("Dataset", exact=True)).to_have_value("pets")
    expect(page.get_by_role("checkbox", name=re.compile("^vixen"))).to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile("^shy"))).not_to_be_checked()


def test_a_zoo_without_models_says_what_to_do(logged_in: Page, site: Site, project: Project) -> None:
    page = logged_in
    page.goto(f"{site.url}/projects/moments/zoo/")
    expect(page.get_by_text("No dataset to compare on")).to_be_visible()
    make_images(project)
    page.reload()
    expect(page.get_by_text("No model of this task yet")).to_be_visible()
    make_classifier(project, "alone")
    page.reload()
    expect(page.get_by_text("Two models of this task are needed")).to_be_visible()
    shot(page, "zoo-empty")
