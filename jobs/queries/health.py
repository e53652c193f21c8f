"""Whether the database can be worked with: its answers, its tables, and the proof that the reaper runs."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now

from jobs.models import Beat

REAPER = "reaper"
BEATS_MISSED = 3


@dataclass(frozen=True)
class Check:
    """One thing that must be in order; the sentence says how it is, without places or addresses."""

    name: str
    ok: bool
    sentence: str


def database_checks() -> list[Check]:
    """This will look at the database, its tables and the reaper; an outage is an answer too."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return [Check("database", True, "The database answers."), _tables(), _reaper()]
    except (DatabaseError, InterfaceError):
        unseen = "This cannot be seen while the database does not answer."
        away = Check("database", False, "The database does not answer.")
        return [away, Check("migrations", False, unseen), Check(REAPER, False, unseen)]


def reaper_seconds() -> float | None:
    """This will tell how long ago the reaper ran, by the database's clock; None when it never did."""
    row = Beat.objects.filter(pk=REAPER).annotate(now=Now()).values_list("at", "now").first()
    return None if row is None else max(0.0, (row[1] - row[0]).total_seconds())


class _Tables:
    are_up_to_date = False  # and then stay so for the life of a process


def _tables() -> Check:
    if not _Tables.are_up_to_date:
        executor = MigrationExecutor(connection)
        _Tables.are_up_to_date = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    if _Tables.are_up_to_date:
        return Check("migrations", True, "The tables are up to date.")
    return Check("migrations", False, "The tables are not up to date: run `manage.py migrate`.")


def _reaper() -> Check:
    seconds = reaper_seconds()
    if seconds is None:
        return Check(REAPER, False, "Nobody has looked after silent workers yet: no worker has run.")
    if seconds > BEATS_MISSED * settings.REAP_SECONDS + 1:
        return Check(
            REAPER, False, f"Nobody has looked after silent workers for {seconds:.0f} s: no worker runs."
        )
    return Check(REAPER, True, "Silent workers are looked after.")
