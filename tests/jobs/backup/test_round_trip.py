"""What was backed up is there again: people, jobs, files, half-done work."""

from __future__ import annotations

import hashlib
import http.cookiejar
import os
import re
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator

import psycopg
import pytest

from jobs.local import running
from jobs.local.home import Home
from tests.jobs.backup.conftest import PASSWORD, Installation, manage, own

pytestmark = pytest.mark.slow


@pytest.fixture
def restored(installation: Installation, new_home: Home) -> Iterator[tuple[Home, str]]:
    """A home that was filled from the backup and started; and its address."""
    done = manage(new_home, "restore", str(installation.archive))
    assert done.returncode == 0, done.stderr
    assert "5 jobs" in done.stdout
    with running(home=new_home, web=True, environment=own(new_home)) as started:
        yield new_home, started.url


def ask(url: str, token: str) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def test_everything_is_there_again(installation: Installation, restored: tuple[Home, str]) -> None:
    home, url = restored
    assert ask(f"{url}api/v1/jobs/1/artifacts/student.safetensors", installation.token) == b"weights"
    assert log_in(url) == "ada"
    assert (home.root / "secret_key").read_text() == (installation.home.root / "secret_key").read_text()
    assert stat.S_IMODE((home.root / "secret_key").stat().st_mode) == 0o600
    assert manage(home, "migrate", "--check").returncode == 0
    with psycopg.connect(home.database_url) as connection:
        states = connection.execute(
            "SELECT name, state, fence, lease_until IS NULL FROM jobs_job ORDER BY id"
        )
        assert states.fetchall() == [
            ("job 1", "succeeded", 3, True),
            ("job 2", "queued", 4, True),
            ("job 3", "paused", 3, True),
            ("job 4", "queued", 4, True),
            ("elsewhere", "running", 0, False),
        ]
        attempts = connection.execute(
            "SELECT outcome, worker_row_id FROM jobs_attempt ORDER BY id"
        ).fetchall()
        assert attempts == [("", None), ("handed_back", None), ("", None), ("handed_back", None)]
        assert connection.execute("SELECT state, fence FROM jobs_registration").fetchall() == [("queued", 1)]
        assert connection.execute("SELECT count(*) FROM jobs_worker").fetchone() == (0,)
        data = connection.execute("SELECT DISTINCT data FROM jobs_metricchunk").fetchall()
        assert data == [(bytes(range(20)),)]
        checkpoint = connection.execute("SELECT blob_id FROM jobs_checkpoint").fetchone()
    assert checkpoint is not None
    blob = home.root / "storage" / "blobs" / checkpoint[0][:2] / checkpoint[0]
    assert hashlib.sha256(blob.read_bytes()).hexdigest() == checkpoint[0]
    assert [path.read_bytes() for path in (home.root / "storage" / "uploads").glob("*/0")] == [b"x" * 1000]
    stored = {path.name for path in (home.root / "storage" / "blobs").rglob("*") if path.is_file()}
    assert hashlib.sha256(b"garbage").hexdigest() not in stored
    assert len(stored) == 3


def log_in(url: str) -> str:
    """The name that the page shows after the login form was sent."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    )
    page = browser.open(f"{url}login/").read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    form = {"csrfmiddlewaretoken": found[1], "username": "ada", "password": PASSWORD}
    answer = browser.open(f"{url}login/", urllib.parse.urlencode(form).encode())
    named = re.search(r"Account of (\w+)", answer.read().decode())
    assert named is not None
    return named[1]


def test_a_home_that_is_not_empty_is_left_alone(installation: Installation) -> None:
    before = sorted(installation.home.root.rglob("*"))
    done = manage(installation.home, "restore", str(installation.archive))
    assert done.returncode == 1
    assert "is not empty, it has a database: restore into a new folder" in done.stderr
    assert sorted(installation.home.root.rglob("*")) == before


def test_a_backup_of_what_does_not_run_starts_the_database_for_it(
    installation: Installation, new_home: Home
) -> None:
    again = installation.archive.with_name("again.tar")
    done = manage(installation.home, "backup", str(again))
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(again.stat().st_mode) == 0o600
    refused = manage(installation.home, "backup", str(again))
    assert f"{again} exists already; it is not replaced." in refused.stderr


def test_a_full_disk_leaves_no_half_backup(installation: Installation) -> None:
    target = installation.archive.with_name("full.tar")
    script = (
        "import resource, signal, sys; from django.core.management import execute_from_command_line as run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (450_000, resource.RLIM_INFINITY))\n"
        "run(['manage.py', 'backup', sys.argv[1]])"
    )
    with running(home=installation.home, migrate=False):
        done = subprocess.run(
            [sys.executable, "-c", script, str(target)],
            env={**os.environ, **own(installation.home), "DJANGO_SETTINGS_MODULE": "webapp.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "The backup was not written: File too large" in done.stderr
    assert not list(target.parent.glob("*full.tar*"))
    assert not list(target.parent.glob("*.partial"))


def test_the_commands_say_that_they_are_for_the_embedded_database(new_home: Home) -> None:
    given = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:9/n"}
    done = manage(new_home, "backup", "x.tar", **given)
    assert "back that one up with `pg_dump`" in done.stderr
    assert "embedded database only: unset DATABASE_URL" in manage(new_home, "restore", "x", **given).stderr
    assert "There is nothing to back up in" in manage(new_home, "backup", "x.tar").stderr
