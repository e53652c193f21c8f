"""`manage.py demo`: the main job through web, queue, worker and engine; its result as one JSON line, last."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.demo.rest import Rest, RestError
from jobs.demo.story import tell
from jobs.local import running
from jobs.local.home import LocalError
from jobs.operations.people import ensure_demo_project
from jobs.operations.tokens import create_token, revoke_token


class Command(BaseCommand):
    help = "Make a world, train two teachers and a student through the running application, print the result."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=2, help="workers while nothing else runs them (2)")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            with running(web=True, workers=options["workers"]) as place, _rest(place.url) as (rest, project):
                _say(f"the site is {place.url}")
                told = tell(rest=rest, project=project, say=_say)
        except (LocalError, RestError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(told))
        if told["state"] != "succeeded":
            sys.exit(1)


@contextmanager
def _rest(url: str) -> Iterator[tuple[Rest, str]]:
    """A token for the length of the demo only."""
    user, project = ensure_demo_project()
    token, secret = create_token(user=user, name="make demo")
    try:
        yield Rest(url=url, token=secret), project.slug
    finally:
        revoke_token(token=token)


def _say(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)
