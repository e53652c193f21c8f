"""People, and the projects they make."""

from __future__ import annotations

import secrets
from itertools import count

from django.db import transaction
from django.utils.text import slugify

from jobs.models import Membership, Project, Role, User
from jobs.operations.errors import UnableToCreate
from jobs.operations.locks import Lock, hold

FIRST_PROJECT = "default"


def ensure_first_admin() -> tuple[str, str] | None:
    """This will make an admin with project `default` and return name and password, or None if there is an admin.

    The name is `admin`, or the next free one: an account that somebody else made is never raised to admin. The
    password is random and cannot be read again.
    """
    with transaction.atomic():
        hold(Lock.FIRST_ADMIN)
        if User.objects.filter(is_superuser=True).exists():
            return None
        password = secrets.token_urlsafe(15)
        user = User.objects.create_superuser(username=_free_username("admin"), password=password)
        project = Project.objects.filter(slug=FIRST_PROJECT).first()
        if project is None:
            create_project(name=FIRST_PROJECT, user=user)
        else:
            Membership.objects.create(project=project, user=user, role=Role.ADMIN)
        return user.username, password


def _free_username(wish: str) -> str:
    taken = set(User.objects.filter(username__startswith=wish).values_list("username", flat=True))
    return next(
        name for number in count(1) if (name := wish if number == 1 else f"{wish}-{number}") not in taken
    )


def ensure_demo_project() -> tuple[User, Project]:
    """This will return user `demo`, who cannot log in, and the first project, where they are an editor.

    The demo never makes the first admin, so that the password is shown by the first `manage.py up`.
    """
    with transaction.atomic():
        hold(Lock.FIRST_ADMIN)
        user, made = User.objects.get_or_create(username="demo")
        if made:
            user.set_unusable_password()
            user.save()
        project = Project.objects.filter(slug=FIRST_PROJECT).first()
        if project is None:
            return user, create_project(name=FIRST_PROJECT, user=user)
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": Role.EDITOR})
        return user, project


def reset_password(*, user: User) -> str:
    """This will give the user a new random password and return it; the old one stops working."""
    password = secrets.token_urlsafe(15)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


@transaction.atomic
def create_project(*, name: str, user: User) -> Project:
    """This will make a project whose administrator is `user`; a name in use raises UnableToCreate."""
    name = name.strip()
    slug = slugify(name)
    if not slug or len(name) > 80:
        raise UnableToCreate(
            f"name: given {name!r}, accepted are up to 80 characters with at least one letter or digit.",
            fields={"name": "up to 80 characters with at least one letter or digit are accepted."},
        )
    if Project.objects.filter(slug=slug).exists() or Project.objects.filter(name=name).exists():
        raise UnableToCreate(
            f"name: given {name!r}, but a project of that name exists already.",
            fields={"name": f"given {name!r}, but a project of that name exists already."},
        )
    project = Project.objects.create(name=name, slug=slug)
    Membership.objects.create(project=project, user=user, role=Role.ADMIN)
    return project
