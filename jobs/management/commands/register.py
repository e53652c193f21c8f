"""`manage.py register dataset|teacher NAME PATH`: take a dataset or teacher into a project."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import Project, User
from jobs.operations.datasets import register_dataset
from jobs.operations.errors import UnableTo
from jobs.operations.teachers import register_teacher


class Command(BaseCommand):
    """Checks what lies at a path, copies it into the storage and gives it a name."""

    help = "Register a dataset folder or a teacher's .safetensors file under a name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=("dataset", "teacher"))
        parser.add_argument("name", help="what jobs will call it")
        parser.add_argument("path", help="a folder or file inside MTKD_DATA_ROOTS")
        parser.add_argument(
            "--project", default="default", help="short name of the project (default: default)"
        )
        parser.add_argument("--user", default="admin", help="who registers it (default: admin)")

    def handle(self, *_: Any, **given: Any) -> None:
        project = Project.objects.filter(slug=given["project"]).first()
        user = User.objects.filter(username=given["user"]).first()
        if project is None:
            raise CommandError(f"--project: there is no project {given['project']!r}.")
        if user is None:
            raise CommandError(f"--user: there is no user {given['user']!r}.")
        register = register_dataset if given["kind"] == "dataset" else register_teacher
        try:
            # In a shell a path is relative to where one stands; operations take absolute ones only.
            path = os.path.abspath(given["path"]) if given["path"] else ""
            taken = register(project=project, user=user, name=given["name"], path=path)
        except UnableTo as error:
            raise CommandError(error.message) from None
        for problem in taken.report.get("problems", []):
            self.stderr.write(f"Note: {problem}")
        self.stdout.write(f"Registered {given['kind']} {taken.name!r} ({taken.content_hash[:12]}).")
