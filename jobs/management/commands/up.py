"""`manage.py up`: database, broker, migrations, web and worker as one process tree in the foreground."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connections

from jobs.local.foreground import Foreground, Proof
from jobs.local.home import Home, LocalError
from jobs.local.logs import Console
from jobs.models import User
from jobs.operations.people import ensure_first_admin
from jobs.queries.health import BEATS_MISSED, reaper_seconds

_LEAST_PATIENCE = 15.0  # a worker needs some seconds to start, however short the intervals are


class Command(BaseCommand):
    help = (
        "Run database, broker, migrations, web and worker in the foreground; Ctrl-C stops all of it. "
        "DATABASE_URL and BROKER_URL replace the embedded servers; MTKD_HOME says where the data lives."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--workers",
            type=_count,
            default=1,
            metavar="N",
            help="workers of jobs, each runs one at a time (1)",
        )
        parser.add_argument(
            "--no-worker",
            action="store_true",
            help="no worker: jobs and registrations wait for one elsewhere",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        workers = 0 if options["no_worker"] else options["workers"]
        foreground = Foreground(home=Home.from_environment(), console=Console(), workers=workers)
        late = max(BEATS_MISSED * settings.REAP_SECONDS, _LEAST_PATIENCE)
        proof = Proof(age=_reaper_age, late=late) if workers else None
        try:
            foreground.run(first_admin=_login_lines, proof=proof)
        except LocalError as error:
            raise CommandError(str(error)) from error


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 64:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to 64, but it is {text!r}")
    return int(text)


def _reaper_age() -> float | None:
    try:
        return reaper_seconds()
    except (DatabaseError, InterfaceError):
        return None
    finally:
        connections.close_all()


def _login_lines() -> list[str]:
    """This will make the first admin where there is none, and return what to tell about logging in."""
    try:
        made = ensure_first_admin()
        if made is not None:
            name, password = made
            return [f"Log in as {name} with the password {password} (random; shown only this once)."]
        first = User.objects.filter(is_superuser=True).values_list("username", flat=True).first()
        name = first or "a user"
        return [
            f"Log in as {name}. Password lost? `python manage.py changepassword {name}` sets a new one.",
        ]
    finally:
        connections.close_all()  # this process goes on for days and needs no database of its own
