"""`manage.py token USER --name NAME`: make an API token; `--revoke` takes tokens of that name back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import User
from jobs.operations.errors import UnableTo
from jobs.operations.tokens import create_token, revoke_token


class Command(BaseCommand):
    """Prints the secret once; only its hash is kept."""

    help = "Make an API token for a user and print its secret, which cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="whose token it is")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument("--revoke", action="store_true", help="take back the user's tokens of that name")

    def handle(self, *_: Any, **given: Any) -> None:
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise CommandError(f"user: there is no user {given['user']!r}.")
        if given["revoke"]:
            tokens = list(user.tokens.filter(name=given["name"], revoked_at=None))
            for token in tokens:
                revoke_token(token=token)
            self.stdout.write(f"Revoked {len(tokens)} token(s) named {given['name']!r}.")
            return
        try:
            secret = create_token(user=user, name=given["name"])[1]
        except UnableTo as error:
            raise CommandError(error.message) from None
        self.stdout.write(secret)
