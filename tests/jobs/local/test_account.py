from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.local.account import Account, can_reach, database_account, drop_to

STRANGER = Account(name="stranger", uid=54321, gid=54321)


def test_a_stranger_passes_through_open_folders_only(folder: Path) -> None:
    (folder / "open" / "inner").mkdir(parents=True)
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed").chmod(0o700)
    assert can_reach(folder=folder / "open" / "inner", account=STRANGER)
    assert not can_reach(folder=folder / "closed" / "inner", account=STRANGER)


def test_folders_that_do_not_exist_yet_are_judged_by_those_above(folder: Path) -> None:
    assert can_reach(folder=folder / "a" / "b", account=STRANGER)
    folder.chmod(0o700)
    assert not can_reach(folder=folder / "a" / "b", account=STRANGER)


def test_the_owner_and_the_group_have_their_own_bits(folder: Path) -> None:
    folder.chmod(0o700)
    me = Account(name="me", uid=os.geteuid(), gid=STRANGER.gid)
    mates = Account(name="mate", uid=STRANGER.uid, gid=folder.stat().st_gid)
    assert can_reach(folder=folder, account=me)
    assert not can_reach(folder=folder, account=mates)
    folder.chmod(0o710)
    assert can_reach(folder=folder, account=mates)


def test_an_ordinary_user_drops_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert database_account() is None
    assert drop_to(None) == {}


def test_root_never_runs_the_database_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    account = database_account()
    assert account is not None
    assert account.uid != 0
