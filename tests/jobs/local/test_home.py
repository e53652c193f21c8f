from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.local.home import LONGEST_SOCKET_PATH, POSTGRES_SOCKET_NAME, Home, LocalError, own_folder


def test_a_short_home_keeps_its_sockets_inside(home: Home) -> None:
    assert home.run == home.root / "run"
    assert home.valkey_socket.parent == home.run


@pytest.mark.parametrize("length", [20, 60, 90, 150, 250])
def test_socket_paths_stay_short_however_long_the_home_is(folder: Path, length: int) -> None:
    home = Home(folder / "/".join(["x" * 10] * (length // 10)))
    for socket in (home.postgres_sockets / POSTGRES_SOCKET_NAME, home.valkey_socket):
        assert len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH


def test_the_sockets_of_an_ordinary_user_do_not_depend_on_its_temporary_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("TMPDIR", str(folder / ("t" * 120)))
    home = Home(folder / ("x" * 120))
    assert home.run.parent.parent == Path("/tmp")
    assert home.run.parent.name.endswith("-1000")


def test_two_long_homes_do_not_share_their_sockets(folder: Path) -> None:
    one, two = Home(folder / ("x" * 120) / "one"), Home(folder / ("x" * 120) / "two")
    assert one.run != two.run


def test_folders_of_a_home_are_closed_to_other_users(home: Home) -> None:
    for name in ("logs", "storage", "valkey", "work", "data"):
        assert stat.S_IMODE((home.root / name).stat().st_mode) == 0o700
    assert stat.S_IMODE(home.root.stat().st_mode) & 0o066 == 0


def test_making_a_home_twice_changes_nothing(home: Home) -> None:
    home.make()
    assert home.run.is_dir()


def test_a_link_in_place_of_an_own_folder_is_refused(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "link").symlink_to(folder / "elsewhere")
    with pytest.raises(LocalError, match="must be a folder"):
        own_folder(folder / "link", mode=0o700)


def test_an_own_folder_that_others_can_write_to_is_refused(folder: Path) -> None:
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    with pytest.raises(LocalError, match="writable by nobody else"):
        own_folder(folder / "open", mode=0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_an_own_folder_of_somebody_else_is_refused(folder: Path) -> None:
    (folder / "theirs").mkdir(mode=0o700)
    os.chown(folder / "theirs", 65534, 65534)
    with pytest.raises(LocalError, match="it belongs to user 65534"):
        own_folder(folder / "theirs", mode=0o700)


def test_a_file_where_the_home_should_be_is_one_clear_sentence(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(LocalError, match="cannot be made"):
        own_folder(folder / "file" / "home", mode=0o700)


def test_the_secret_key_is_made_once_and_closed(folder: Path) -> None:
    home = Home(folder / "fresh")
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: home.secret_key(), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert stat.S_IMODE((home.root / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in home.root.iterdir()] == ["secret_key"]


def test_the_home_comes_from_the_environment(folder: Path) -> None:
    assert Home.from_environment({"MTKD_HOME": str(folder / "a")}).root == folder.resolve() / "a"
    assert Home.from_environment({}).root.name == ".mtkd"
