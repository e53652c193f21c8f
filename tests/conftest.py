"""What every test stands on: a PostgreSQL and a Valkey of this test session's own, in a folder of its own.

The environment is set here, before Django reads its settings (pytest-django therefore must not be told of a
settings module in pyproject.toml). DATABASE_URL and BROKER_URL, when given, are used instead of own servers.
The servers start with the first test that asks for them, and end with the session: at the latest the
kernel ends them when this process dies.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import django
import pytest
from django.conf import settings

SESSION_HOME = Path(tempfile.mkdtemp(prefix="mtkd-tests-"))
SESSION_HOME.chmod(0o711)  # run by root, the database has an account of its own, which must pass through
os.environ["MTKD_HOME"] = str(SESSION_HOME)
os.environ["MTKD_SECRET_KEY"] = "only-for-tests-" + "x" * 40
for _name in (
    "STORAGE",
    "S3_ENDPOINT",
    "S3_REGION",
    "LARGEST_UPLOAD",
    "PROJECT_QUOTA",
    "CHECK_SECONDS",
    "CHECK_MEMORY",
):
    os.environ.pop(f"MTKD_{_name}", None)
for _name in ("DATA_ROOTS", "PORT", "HOST", "DEBUG"):
    os.environ.pop(f"MTKD_{_name}", None)
# A test that imports the ASGI module must not turn what follows into web processes.
os.environ["MTKD_PROCESS"] = "tests"
os.environ.setdefault("MTKD_TIME_SCALE", "0.1")
os.environ["MTKD_ONNX"] = "0"  # ten seconds a job; tests of the export ask for it
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # else a pool, each of which loads torch, for one kernel
os.environ["TORCHINDUCTOR_VEC_ISA_OK"] = "1"  # else programs are compiled to see what the processor can
os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser fixture runs an event loop
gc.disable()  # until all is collected: what is imported stays until the end, and no search need go through it

from jobs.local import programs  # noqa: E402
from jobs.local.child import Child  # noqa: E402
from jobs.local.home import Home  # noqa: E402
from jobs.local.postgres import start_postgres  # noqa: E402
from jobs.local.valkey import start_valkey  # noqa: E402

HOME = Home.from_environment()


def _remove_session_home() -> None:
    shutil.rmtree(SESSION_HOME, ignore_errors=True)
    if HOME.outside.is_dir():
        shutil.rmtree(HOME.outside, ignore_errors=True)


atexit.register(_remove_session_home)
atexit.register(gc.freeze)  # else all that was loaded and kept is searched once more, for nothing
django.setup()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first and those of the browser last, whatever the shuffle.

    A browser's driver keeps an event loop running from then on.
    """
    items.sort(key=lambda item: (_has(item, "browser"), not _has(item, "longest")))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def _has(item: pytest.Item, mark: str) -> bool:
    return item.get_closest_marker(mark) is not None


@pytest.fixture(scope="session", autouse=True)
def _made_cheaper() -> Iterator[None]:
    from tests.cheaper import (
        make_cheaper,
    )  # Django's parts for the database import each other in one order only

    with pytest.MonkeyPatch.context() as monkeypatch:
        make_cheaper(monkeypatch)
        yield


@pytest.fixture(scope="session")
def servers() -> Iterator[Home]:
    """The home of this session, with database and broker running in it (unless their addresses were given)."""
    children: list[Child] = []
    try:
        HOME.make()
        if not os.environ.get("DATABASE_URL"):
            children.append(start_postgres(HOME, durable=False))
        if not os.environ.get("BROKER_URL"):
            children.append(start_valkey(HOME))
        yield HOME
    finally:
        for child in reversed(children):
            child.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Home) -> None:
    """This will have the database running before pytest-django makes the test database in it."""


@pytest.fixture
def broker_url(servers: Home) -> str:
    """The address of the running broker, as Celery spells it."""
    return str(settings.BROKER_URL)


@pytest.fixture(scope="session")
def session_environment(servers: Home, django_db_setup: None) -> dict[str, str]:
    """The environment for processes that outlive a test: same home, same *test* database, same broker."""
    database = settings.DATABASES["default"]
    address = (
        f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{quote(database['NAME'])}"
        f"?host={quote(database['HOST'])}&port={database['PORT'] or 5432}"
    )
    return {**os.environ, "DATABASE_URL": address, "BROKER_URL": str(settings.BROKER_URL)}


@pytest.fixture
def process_environment(session_environment: dict[str, str], transactional_db: None) -> dict[str, str]:
    """The environment for processes a test starts (worker, web), which then see what the test writes."""
    return dict(session_environment)


@pytest.fixture(scope="session")
def unhurried_environment(session_environment: dict[str, str]) -> dict[str, str]:
    """The environment for processes that beat as they do for users, where no test waits for a beat.

    With this session's short times, a worker that only waits takes a twentieth of a core with its database.
    """
    return {**session_environment, "MTKD_TIME_SCALE": "1"}


@pytest.fixture
def intake(unhurried_environment: dict[str, str], transactional_db: None) -> Iterator[Child]:
    """A worker that carries out registrations."""
    environment = {**unhurried_environment, "MTKD_THREADS": "1"}
    child = Child(program=programs.intake(environment=environment), home=Home.from_environment())
    yield child
    child.kill()


@pytest.fixture
def worker(unhurried_environment: dict[str, str], transactional_db: None) -> Iterator[Child]:
    """A worker of jobs of the queue `cpu`."""
    environment = {**unhurried_environment, "MTKD_THREADS": "1"}
    child = Child(program=programs.worker(number=1, environment=environment), home=Home.from_environment())
    yield child
    child.kill()
