"""`manage.py backup FILE.tar`: database, stored files and signing key in one archive, while everything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError

from jobs.backup.taking import back_up
from jobs.local import running
from jobs.local.home import Home, LocalError

ELSEWHERE = (
    "This command takes backups of the embedded database only, but DATABASE_URL names another: back that one up "
    "with `pg_dump` (or your provider's snapshots) first, and then copy the storage."
)
OLDER = (
    "The tables are older than this program: take the backup with the program that made them, "
    "or start this one once with `python manage.py up`."
)


class Command(BaseCommand):
    """Writes the archive under its name only when it is whole."""

    help = (
        "Write database, stored files and signing key of this MTKD_HOME to FILE. mtkd may run meanwhile; "
        "datasets in its data folder, caches and logs are not part of it. FILE holds secrets: keep it as such."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the archive to write, as in mtkd-2026-11-20.tar")

    def handle(self, *_args: object, **options: Any) -> None:
        target = options["file"].absolute()
        if not settings.DATABASE_IS_EMBEDDED:
            raise CommandError(ELSEWHERE)
        if not target.parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.")
        home = Home.from_environment()
        if not (home.root / "postgres").exists():
            raise CommandError(f"There is nothing to back up in {home.root}.")
        try:
            with running(home=home, migrate=False):
                manifest = back_up(target, home=home)
        except LocalError as error:
            raise CommandError(str(error)) from error
        except ProgrammingError as error:
            raise CommandError(OLDER) from error
        counts = ", ".join(f"{count} {name}" for name, count in manifest.counts.items())
        self.stdout.write(f"Wrote {target} ({target.stat().st_size / 1e6:,.1f} MB): {counts}.")
        if manifest.storage:
            self.stdout.write(f"Stored files stay where they are, in {manifest.storage}: keep its versions.")
        for name in manifest.missing[:20]:
            self.stderr.write(f"The stored file {name} is gone and therefore not in the backup.")
