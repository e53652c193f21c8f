from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs.local.home import CHECKOUT, Home


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--queues", "cpu,intake"], "CommandError: --queues: given 'cpu,intake', accepted is intake alone"),
        (["--device", "tpu"], "CommandError: --device: given 'tpu', accepted is cpu, cuda, or one card"),
        (["--device", "cuda:99"], "CommandError: --device: given 'cuda:99', which cannot be used here ("),
        (["--threads", "0"], "CommandError: --threads: given 0, accepted is a whole number from 1"),
    ],
)
def test_options_that_no_worker_starts_with_are_refused_before_anything_else(
    home: Home, options: list[str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "worker", *options],
        check=False,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert said in done.stderr
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
