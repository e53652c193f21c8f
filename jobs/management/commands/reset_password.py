"""`manage.py reset_password USER`: a new random password, shown once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import User
from jobs.operations.people import reset_password


class Command(BaseCommand):
    """Prints the password once; only its hash is kept."""

    help = "Give a user a new random password and print it; the old one stops working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")

    def handle(self, *_: Any, **given: Any) -> None:
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise CommandError(f"user: there is no user {given['user']!r}.")
        self.stdout.write(reset_password(user=user))
