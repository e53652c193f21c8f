"""`manage.py down`: stop this home's tree, and clean up after one that crashed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.local.home import Home, LocalError
from jobs.local.stopping import erase, stop_tree


class Command(BaseCommand):
    help = "Stop everything that `up` started, also what a crashed `up` left behind."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--erase",
            action="store_true",
            help="afterwards delete the database, jobs and stored files of MTKD_HOME (its data folder stays)",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        home = Home.from_environment()
        try:
            ended = stop_tree(home)
        except LocalError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Stopped: {', '.join(ended)}." if ended else "Nothing was running.")
        if options["erase"]:
            erase(home)
            self.stdout.write(f"Erased what mtkd had made in {home.root}.")
