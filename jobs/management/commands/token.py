"""`manage.py token USER --name NAME`: make an API token; `--revoke` takes tokens of that name back.

`--scope`, `--project` and `--days` narrow what it may do, where, and how long.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jobs.models import Project, Scope, User
from jobs.operations.errors import UnableTo
from jobs.operations.tokens import LONGEST_LIFE, Power, create_token, revoke_token


class Command(BaseCommand):
    """Prints the secret once; only its hash is kept."""

    help = "Make an API token for a user and print its secret, which cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="whose token it is")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what it may do, once for each; all if none",
        )
        parser.add_argument(
            "--project", help="slug of the only project it is good for; all of the user's if none"
        )
        parser.add_argument("--days", type=int, help="days until it expires; it works until revoked if none")
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
            secret = create_token(user=user, name=given["name"], power=_power(given))[1]
        except UnableTo as error:
            raise CommandError(error.message) from None
        self.stdout.write(secret)


def _power(given: dict[str, Any]) -> Power:
    project, days = None, given["days"]
    if given["project"] is not None:
        project = Project.objects.filter(slug=given["project"]).first()
        if project is None:
            raise CommandError(f"project: there is no project {given['project']!r}.")
    if days is not None and not 1 <= days <= LONGEST_LIFE.days:
        raise CommandError(f"days: given {days}, accepted is a whole number from 1 to {LONGEST_LIFE.days}.")
    return Power(
        scopes=given["scope"] or tuple(Scope),
        project=project,
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
