"""A restore that fails leaves the home as it was: empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.local.home import Home
from tests.jobs.backup.conftest import manage
from tests.jobs.backup.test_archive import BLOB, make

pytestmark = pytest.mark.slow


def left(home: Home) -> list[str]:
    return sorted(path.name for path in home.root.rglob("*") if path.is_file() and path.name != "secret_key")


def test_nothing_is_written_from_an_archive_that_was_changed(new_home: Home, tmp_path: Path) -> None:
    archive = make(tmp_path / "a.tar", {"database.dump": b"x"}, sha256={"database.dump": "0" * 64})
    done = manage(new_home, "restore", str(archive))
    assert (done.returncode, left(new_home)) == (1, [])
    assert "database.dump is not what the manifest says" in done.stderr


def test_a_dump_that_the_database_refuses_leaves_nothing(new_home: Home, tmp_path: Path) -> None:
    done = manage(new_home, "restore", str(make(tmp_path / "a.tar", {"database.dump": b"x", BLOB: b"y"})))
    assert (done.returncode, left(new_home)) == (1, [])
    assert "pg_restore ended with exit code 1" in done.stderr
    assert "Traceback" not in done.stderr


def test_files_in_a_bucket_need_that_bucket(new_home: Home, tmp_path: Path) -> None:
    archive = make(tmp_path / "a.tar", {"database.dump": b"x"}, storage="s3://mtkd/of/us")
    done = manage(new_home, "restore", str(archive))
    assert "are in s3://mtkd/of/us: set MTKD_STORAGE to it" in done.stderr
    assert left(new_home) == []
