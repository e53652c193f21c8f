"""The commands as a person types them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs.local.home import CHECKOUT, Home
from tests.managed import managed_here


def manage(home: Home, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "BROKER_URL"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**given, "MTKD_HOME": str(home.root), **environment},
        timeout=60,
        check=False,
    )


def test_a_command_without_a_running_database_says_how_to_start_it(home: Home) -> None:
    done = manage(home, "migrate", "--skip-checks")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"The database of {home.root} does not run: start it with `python manage.py up`."
    )
    assert "Traceback" not in done.stderr


def test_a_command_finds_the_servers_that_already_run(servers: Home) -> None:
    done = manage(servers, "showmigrations", "--skip-checks", "--plan", "contenttypes")
    assert done.returncode == 0, done.stderr


def test_a_given_database_that_does_not_answer_is_named(home: Home) -> None:
    done = manage(
        home, "migrate", "--skip-checks", DATABASE_URL=f"postgresql://u@/n?host={home.root}&connect_timeout=2"
    )
    assert done.returncode == 1
    assert "The database does not answer as asked" in done.stderr.splitlines()[-1]


def test_down_with_nothing_running_says_so(home: Home) -> None:
    done = manage(home, "down")
    assert (done.returncode, done.stdout.strip()) == (0, "Nothing was running.")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "sqlite:///x", "must start with postgresql://"),
        ("MTKD_PORT", "many", "MTKD_PORT must be a number above 0"),
        ("MTKD_TIME_SCALE", "-1", "MTKD_TIME_SCALE must be a number above 0"),
        ("MTKD_HOME", "/dev/null", "must be a folder"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(home: Home, name: str, value: str, sentence: str) -> None:
    done = (
        manage(home, "down", MTKD_SECRET_KEY="", **{name: value})
        if name != "MTKD_HOME"
        else manage(Home(CHECKOUT.__class__(value)), "down", MTKD_SECRET_KEY="")
    )
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert sentence in said


@pytest.mark.parametrize("given", ["0", "65", "two"])
def test_a_number_of_workers_out_of_range_is_refused(given: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert managed_here("up", "--workers", given) != 0
    assert "must be a number from 1 to 64" in capfd.readouterr().err
