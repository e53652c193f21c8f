"""A whole web process whose database is killed: pages say so soon, and are back soon."""

from __future__ import annotations

import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.local import running
from jobs.local.home import Home
from jobs.local.postgres import start_postgres
from jobs.local.tree import Tree

pytestmark = pytest.mark.slow


@pytest.fixture
def home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="mtkd-"))
    folder.chmod(0o711)
    home = Home(folder / "home")
    yield home
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(home.outside, ignore_errors=True)


def status(asked: str | urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def wait_for(wanted: int, asked: urllib.request.Request, *, instead_of: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (found := status(asked)) == instead_of:
        assert time.monotonic() < deadline, f"it still answers {found}"
        time.sleep(0.1)
    assert found == wanted


def test_pages_say_so_soon_and_are_back_soon(home: Home) -> None:
    without = {"DATABASE_URL": "", "BROKER_URL": ""}
    with running(home=home, web=True, environment=without) as started:
        assert isinstance(started.tree, Tree)
        projects = f"{started.url}api/v1/projects/"
        asked = urllib.request.Request(projects, headers={"Authorization": f"Bearer mtkd_{'x' * 43}"})
        assert status(asked) == 401
        started.tree.children["database"].kill()
        # The processes of a killed database that serve open connections may outlive it by a moment.
        wait_for(503, asked, instead_of=401, seconds=10)
        assert [status(asked) for _ in range(3)] == [503, 503, 503]
        assert status(f"{started.url}healthz") == 200
        assert status(f"{started.url}readyz") == 503
        database = start_postgres(home)
        try:
            wait_for(401, asked, instead_of=503, seconds=30)
        finally:
            database.stop()
        text = (home.logs / "web.log").read_text()
        assert text.count("The database does not answer") == 1
        assert "Traceback" not in text
