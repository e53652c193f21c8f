"""`manage.py setup`: what an installation needs once before web and workers start, and after every update."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from jobs.operations.people import ensure_first_admin
from jobs.storage.hashing import StorageError
from jobs.storage.reachable import make_bucket, storage_place


class Command(BaseCommand):
    """Does nothing that is done already, so that it may run again."""

    help = (
        "Bring the tables up to date, make the bucket of MTKD_STORAGE where it is missing, and make the first "
        "admin, whose random password is printed once. `up` needs none of it."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def handle(self, *_args: object, **_options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        self.stdout.write("The tables are up to date.")
        try:
            if make_bucket():
                self.stdout.write(f"Made the bucket of {storage_place()}.")
        except StorageError as error:
            raise CommandError(str(error)) from error
        made = ensure_first_admin()
        if made is not None:
            self.stdout.write(
                f"Log in as {made[0]} with the password {made[1]} (random; shown only this once)."
            )
