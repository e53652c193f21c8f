"""`manage.py restore FILE.tar`: what `backup` wrote, into an empty MTKD_HOME."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.backup.restoring import restore
from jobs.local.home import Home, LocalError


class Command(BaseCommand):
    """Changes nothing before the whole archive was read and found to be what it says."""

    help = (
        "Fill an empty MTKD_HOME with what `backup` wrote to FILE; then start it with `up`. Jobs that were "
        "active go back to their queue."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the archive")

    def handle(self, *_args: object, **options: Any) -> None:
        if not settings.DATABASE_IS_EMBEDDED:
            raise CommandError("This command restores into the embedded database only: unset DATABASE_URL.")
        home = Home.from_environment()
        try:
            manifest = restore(options["file"].absolute(), home=home)
        except LocalError as error:
            raise CommandError(str(error)) from error
        counts = ", ".join(f"{count} {name}" for name, count in manifest.counts.items())
        self.stdout.write(f"Restored the backup of {manifest.made_at} into {home.root}: {counts}.")
        self.stdout.write("Start it with `python manage.py up`.")
