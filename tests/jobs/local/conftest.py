"""Homes of single tests: apart from the session's, some of them where only their owner may go."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.local.home import Home
from jobs.local.lock import is_locked
from jobs.local.stopping import stop_tree


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path that every account may pass through."""
    path = Path(tempfile.mkdtemp(prefix="mtkd-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    """A home that the database's account can enter; whatever runs in it is ended afterwards."""
    yield from _used(Home(folder / "home"))


@pytest.fixture
def closed_home(folder: Path) -> Iterator[Home]:
    """A home below a folder that only this user may enter."""
    (folder / "closed").mkdir(mode=0o700)
    yield from _used(Home(folder / "closed" / "home"))


def _used(home: Home) -> Iterator[Home]:
    home.make()
    try:
        yield home
    finally:
        if home.run.is_dir():
            stop_tree(home)
            assert not is_locked(home)
        shutil.rmtree(home.outside, ignore_errors=True)
