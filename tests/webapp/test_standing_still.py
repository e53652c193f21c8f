"""A web process that stands still in the middle of a transaction keeps no row for ever."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW idle_in_transaction_session_timeout")
    print(cursor.fetchone()[0])
connection.close_pool()
"""


def test_the_database_ends_a_transaction_of_the_web_that_stands_still(
    process_environment: dict[str, str],
) -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**process_environment, "MTKD_PROCESS": "web"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "10min"
