"""`manage.py register dataset|teacher NAME PATH`: take a dataset or teacher into a project, here and now."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import stopping
from jobs.identity import worker_name
from jobs.intake.folder import clear
from jobs.intake.registrar import carry_out
from jobs.models import Project, Registration, RegistrationState, User
from jobs.operations.errors import UnableTo
from jobs.operations.intake_claims import Stand, claim_registration
from jobs.operations.registrations import decide, register, request_cancel_registration
from jobs.queries.registrations import is_under_way

_LOOK_SECONDS = 0.5
_MOST_PROBLEMS = 20


class Command(BaseCommand):
    """Does in this process what a worker does with a registration from the browser."""

    help = "Register a dataset, a model or stored predictions under a name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=("dataset", "teacher"))
        parser.add_argument("name", help="what jobs will call it")
        parser.add_argument("path", help="a folder, archive or file inside MTKD_DATA_ROOTS")
        parser.add_argument("--project", default="default", help="short name of the project (default)")
        parser.add_argument("--user", default="admin", help="who registers it (admin)")
        parser.add_argument("--format", default="auto", help="format of a dataset's annotations (auto)")
        parser.add_argument("--words", default="", help="file of word vectors of a dataset")
        parser.add_argument("--card", default="", help="JSON file that describes a model without a card")
        parser.add_argument(
            "--dataset", default="", help="what a teacher is measured on: NAME or NAME@VERSION"
        )
        parser.add_argument("--split", default="val", help="split of that dataset (val)")
        parser.add_argument("--accept", help="repairs to make, divided by commas; or: all")
        parser.add_argument(
            "--new-version", action="store_true", help="a new version of a dataset of this name"
        )

    def handle(self, *_: Any, **given: Any) -> None:
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise CommandError(f"--user: there is no user {given['user']!r}.")
        try:
            registration = self._ask(user, given)
            self._carry_out(registration)
            if registration.state == RegistrationState.WAITING and given["accept"] == "all":
                accepted = [repair["name"] for repair in (registration.report or {})["repairs"]]
                decide(registration=registration, user=user, accepted=accepted)
                self._carry_out(registration)
        except UnableTo as error:
            raise CommandError(error.message) from None
        self._tell_the_end(registration, user)

    def _ask(self, user: User, given: dict[str, Any]) -> Registration:
        project = Project.objects.filter(slug=given["project"]).first()
        if project is None:
            raise CommandError(f"--project: there is no project {given['project']!r}.")
        accept = given["accept"]
        return register(
            project=project,
            user=user,
            kind=given["kind"],
            name=given["name"],
            path=_absolute(given["path"]),
            format=given["format"],
            words=_absolute(given["words"]),
            card=_card(given["card"]),
            dataset=given["dataset"],
            split=given["split"],
            new_version=given["new_version"],
            accepted=None if accept in {None, "all"} else [name for name in accept.split(",") if name],
        )

    def _carry_out(self, registration: Registration) -> None:
        """Do it here, or watch the worker that was faster."""
        registration.refresh_from_db()
        with stopping.sigterm_announces():
            while is_under_way(registration):
                claim = claim_registration(
                    queue=registration.queue, worker=worker_name(), only=registration.pk
                )
                if claim is not None:
                    carry_out(claim, tell=self._say)
                elif stopping.is_announced():
                    raise CommandError("Stopped; a worker goes on with it.")
                else:
                    time.sleep(_LOOK_SECONDS)
                registration.refresh_from_db()
                if claim is not None and stopping.is_announced():
                    raise CommandError("Stopped; a worker goes on with it.")

    def _say(self, stand: Stand) -> None:
        counted = f" {stand.done:,} of {stand.of:,}" if stand.of else ""
        self.stderr.write(f"{stand.part}{counted}")

    def _tell_the_end(self, registration: Registration, user: User) -> None:
        report = registration.report or {}
        for problem in report.get("problems", [])[:_MOST_PROBLEMS]:
            self.stderr.write(_in_a_line(problem))
        source = registration.dataset or registration.teacher
        if source is not None:
            label = registration.dataset.label if registration.dataset else source.name
            self.stdout.write(f"Registered {registration.kind} {label!r} ({source.content_hash[:12]}).")
            return
        if registration.state != RegistrationState.WAITING:
            raise CommandError(registration.sentence or f"The registration was {registration.state}.")
        request_cancel_registration(registration=registration, user=user)
        clear(registration.pk)
        for repair in report["repairs"]:
            self.stderr.write(f"repair {repair['name']}: {repair['title']} ({repair['count']:,})")
        names = ",".join(repair["name"] for repair in report["repairs"])
        raise CommandError(
            f"Repairs are suggested: say --accept {names} to make them, --accept all, or --accept '' for none."
        )


def _absolute(path: str) -> str:
    # In a shell a path is relative to where one stands; operations take absolute ones only.
    return os.path.abspath(path) if path else ""


def _card(path: str) -> dict[str, Any] | None:
    if not path:
        return None
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"--card: {path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise CommandError(f"--card: {path} is not a JSON object.")
    return found


def _in_a_line(problem: Any) -> str:
    if not isinstance(problem, dict):
        return f"note: {problem}"
    times = f" ({problem['count']:,} times)" if problem.get("count", 1) > 1 else ""
    return f"{problem.get('severity', 'note')}: {problem.get('message', '')}{times}"
