"""The database goes away while a page is open, and comes back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Page, expect

from jobs.models import Dataset, Project, User
from jobs.operations.jobs import submit
from mtkd_engine.events import Metrics
from mtkd_engine.spec import parse
from tests.browser.conftest import PASSWORD, Site
from tests.engine_double import EngineDouble

NAME = "behind-the-cable"


class Cable:
    """A way of its own to the database of this session, which can be cut and mended."""

    def __init__(self, folder: Path) -> None:
        database = settings.DATABASES["default"]
        port = database["PORT"] or 5432
        self.real = Path(database["HOST"]) / f".s.PGSQL.{port}"
        self.here = folder / self.real.name
        query = urlencode({"host": str(folder), "port": port, "application_name": NAME})
        self.url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?{query}"
        self.mend()

    def mend(self) -> None:
        """This will let connections through."""
        self.here.symlink_to(self.real)

    def cut(self) -> None:
        """This will end the connections that there are, and let no more through."""
        self.here.unlink()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [NAME]
            )


@pytest.fixture
def cable(transactional_db: None) -> Iterator[Cable]:
    if not str(settings.DATABASES["default"]["HOST"]).startswith("/"):
        pytest.skip("The database of this session is reached over TCP: its way cannot be cut by this test.")
    with tempfile.TemporaryDirectory(prefix="mtkd-cable-") as folder:
        yield Cable(Path(folder))


@pytest.fixture
def far_site(cable: Cable, process_environment: dict[str, str]) -> Iterator[Site]:
    site = Site({**process_environment, "DATABASE_URL": cable.url})
    yield site
    site.close()


def test_the_page_says_that_the_database_is_away_and_mends_itself(
    page: Page, far_site: Site, cable: Cable, project: Project, user: User, sources: Dataset
) -> None:
    page.goto(f"{far_site.url}/login/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{far_site.url}/")
    job = submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))
    double = EngineDouble()
    double.start()
    double.say(Metrics(step=1, values={"loss/total": 1.0}))
    page.goto(f"{far_site.url}/jobs/{job.pk}/")
    chart, away = page.locator("#chart-loss"), page.locator('[data-part="away"]')
    expect(chart).to_have_attribute("data-drawn-seq", str(double.journal.next_seq - 1))
    expect(away).to_be_hidden()

    cable.cut()
    expect(away).to_contain_text("The database is away since")
    expect(away).to_contain_text("Training goes on")
    expect(page.locator('[data-part="link"]')).to_have_text("database away")
    double.say(Metrics(step=2, values={"loss/total": 0.5}))

    cable.mend()
    expect(away).to_be_hidden()
    expect(chart).to_have_attribute("data-drawn-seq", str(double.journal.next_seq - 1))
    expect(page.locator('[data-part="link"]')).to_have_text("live")
