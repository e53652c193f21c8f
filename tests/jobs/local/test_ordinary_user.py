"""The servers as an ordinary user has them: root's test session becomes one for the length of a test."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jobs.local.account import Account, can_reach
from jobs.local.binaries import postgres_programs, valkey_program
from jobs.local.home import CHECKOUT

NOBODY = Account(name="nobody", uid=65534, gid=65534)
SCRIPT = """
    import os, shutil, sys
    from pathlib import Path
    import psycopg, encodings.idna
    from jobs.local.home import Home
    from jobs.local.postgres import start_postgres
    from jobs.local.valkey import start_valkey
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    home = Home(Path(sys.argv[1]))
    home.make()
    for turn in (1, 2):
        children = [start_postgres(home, durable=False), start_valkey(home)]
        with psycopg.connect(home.database_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
            print(connection.execute("SELECT sum(n) FROM kept").fetchone()[0])
        for child in children:
            child.stop()
    shutil.rmtree(home.outside, ignore_errors=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the whole session already runs as an ordinary user")
@pytest.mark.parametrize("deep", [False, True], ids=["short", "long"])
def test_an_ordinary_user_has_the_servers_twice_in_a_row(folder: Path, deep: bool) -> None:
    if not all(
        can_reach(folder=program, account=NOBODY) for program in (postgres_programs(None), valkey_program())
    ):
        pytest.skip("the packages lie in a folder that only root may enter")
    place = folder / "theirs"
    place.mkdir()
    os.chown(place, NOBODY.uid, NOBODY.gid)
    home = place / ("x" * 120 if deep else "home")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(home)],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert done.stdout.split() == ["1", "2"], done.stderr
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY.uid}
    if not deep:
        assert (home / "run").is_dir()
