"""A real Chromium against a real web process, on this session's test database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.models import Dataset, Project, Teacher, User
from jobs.operations.projects import create_project
from tests import waiting
from tests.engine_double import TEACHERS
from tests.noise import write_noise

# The first draws pages as the others do, without a window around them: a third less work.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
OF_A_PLUGIN = "ignore:Session-scoped fixtures defined as instance methods"  # pytest-base-url
PASSWORD = "correct horse battery"
PATIENCE_MS = 60_000
"""How long a page is given for what a test waits for: no test judges seconds, and the machine may be busy."""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--disable-quic"),
    *("--no-first-run", "--process-per-site", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.filterwarnings(OF_A_PLUGIN))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="No Chromium is installed on this machine."))


class Site:
    """The web process; it can be stopped and started again on the same port."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._listener = programs.listen({"MTKD_PORT": ""})
        self.url = programs.address(self._listener).rstrip("/")
        self.start()

    def start(self) -> None:
        """This will start the process and return when it answers."""
        program = programs.web(listener=self._listener, environment=self._environment)
        self._child = Child(program=program, home=Home.from_environment())
        programs.wait_for_web(child=self._child, listener=self._listener)

    def kill(self) -> None:
        """This will end the process at once."""
        self._child.kill()

    def close(self) -> None:
        """This will end the process and free the port."""
        self._child.stop()
        self._listener.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def running_site(unhurried_environment: dict[str, str]) -> Iterator[Site]:
    """The web process; it has the times of the workers here, so that none counts as gone between two beats."""
    site = Site(unhurried_environment)
    yield site
    site.close()


@pytest.fixture(scope="session")
def profile(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    running_site: Site,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BrowserContext]:
    """One profile for all tests, with a tab that stays open: what pages have in common is compiled once for all.

    As long as a tab is there, the process that draws the site goes on (`--process-per-site`), and what was compiled
    is kept in a folder only: a profile without one compiles the charts again for every page.
    """
    # A badge that breathes has the whole page put together sixty times a second: a tenth of a core.
    given = {**browser_type_launch_args, "reduced_motion": "reduce"}
    expect.set_options(timeout=PATIENCE_MS)
    with browser_type.launch_persistent_context(tmp_path_factory.mktemp("profile"), **given) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.pages[0].goto(f"{running_site.url}/healthz")
        yield context


@pytest.fixture
def stranger(profile: BrowserContext) -> Iterator[Page]:
    """A page of somebody else's browser."""
    assert profile.browser is not None
    with profile.browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


@pytest.fixture
def context(profile: BrowserContext) -> Iterator[BrowserContext]:
    """The profile as if it were new: without cookies, and without what pages have kept."""
    yield profile
    profile.set_offline(False)
    profile.unroute_all()
    first, *others = profile.pages
    for page in others:
        page.close()
    first.evaluate("() => localStorage.clear()")  # not on those, which may be on their way to another address
    profile.clear_cookies()
    profile.clear_permissions()


@pytest.fixture
def site(running_site: Site, transactional_db: None) -> Site:
    """One process for all tests: each finds an empty database behind it."""
    return running_site


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_superuser(username="admin", password=PASSWORD)


@pytest.fixture
def project(user: User) -> Project:
    return create_project(name="Moments", user=user)


@pytest.fixture
def sources(project: Project) -> Dataset:
    """A dataset and two teachers that no engine will open."""
    for name, letter in zip(TEACHERS, "ab", strict=True):
        card = {"feature_width": 8}
        Teacher.objects.create(project=project, name=name, content_hash=letter * 64, report={"card": card})
    return Dataset.objects.create(
        project=project, name="world", content_hash="d" * 64, report={"feature_width": 8}
    )


@pytest.fixture
def logged_in(page: Page, site: Site, user: User) -> Page:
    """An empty page of somebody who has logged in before; tests/browser/test_people.py fills in the form."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])
    return page


@pytest.fixture
def noise() -> Path:
    """A dataset folder of nothing that can be learned, below an allowed root."""
    return write_noise(Path(settings.DATA_ROOTS[0]) / "noise", train=90)


@pytest.fixture
def until() -> Callable[..., None]:
    """This will wait for a condition, and fail when it does not come true in time."""
    return waiting.until
