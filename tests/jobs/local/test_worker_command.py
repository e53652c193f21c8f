from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs.local.home import CHECKOUT, Home
from tests.managed import managed_here


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--queues", "cpu,intake"], "CommandError: --queues: given 'cpu,intake', accepted is intake alone"),
        (["--device", "tpu"], "CommandError: --device: given 'tpu', accepted is cpu, cuda, or one card"),
        (["--threads", "0"], "CommandError: --threads: given 0, accepted is a whole number from 1"),
    ],
)
def test_options_that_no_worker_starts_with_are_refused_before_anything_else(
    options: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert managed_here("worker", *options) == 1
    told = capfd.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1


def test_a_device_that_is_not_here_is_refused_before_anything_else() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "worker", "--device", "cuda:99"],
        check=False,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "CommandError: --device: given 'cuda:99', which cannot be used here (" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_home_without_a_database_is_told_apart_from_one_that_is_away(home: Home) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BROKER_URL"}
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "worker"],
        check=False,
        cwd=CHECKOUT,
        env={**environment, "MTKD_HOME": str(home.root / "new")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "No database of mtkd was ever started in" in done.stderr
    assert "set DATABASE_URL, BROKER_URL and MTKD_STORAGE" in done.stderr
