"""People: the first administrator, accounts and their passwords."""

from __future__ import annotations

import re
import secrets
from itertools import count

from django.db import transaction

from jobs.models import Membership, Project, Role, User
from jobs.operations.errors import UnableToCreate, UnableToLeave
from jobs.operations.locks import Lock, hold
from jobs.operations.projects import create_project
from jobs.operations.unchanged import UNCHANGED, Unchanged

FIRST_PROJECT = "default"
LONGEST_USERNAME = 150
_USERNAME = re.compile(r"[\w.@+-]*\w[\w.@+-]*")


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
def create_person(*, username: str, is_superuser: bool = False, user: User) -> tuple[User, str]:
    """This will open an account and return it with its random password, which cannot be read again.

    Raises UnableToCreate, whose field is `username`: names differ by more than upper and lower case.
    """
    del user  # who may is the caller's question
    hold(Lock.PEOPLE)
    username = User.normalize_username(username.strip())
    if not 1 <= len(username) <= LONGEST_USERNAME or not _USERNAME.fullmatch(username):
        raise _refused_username(
            f"given {username[:200]!r}, accepted are 1 to 150 letters, digits, and the signs @ . + - _ in it."
        )
    if User.objects.filter(username__iexact=username).exists():
        raise _refused_username(f"given {username!r}, but an account of that name exists already.")
    password = secrets.token_urlsafe(15)
    make = User.objects.create_superuser if is_superuser else User.objects.create_user
    return make(username=username, password=password), password


def _refused_username(sentence: str) -> UnableToCreate:
    return UnableToCreate(f"username: {sentence}", fields={"username": sentence})


@transaction.atomic
def change_person(
    *,
    person: User,
    is_active: bool | Unchanged = UNCHANGED,
    is_superuser: bool | Unchanged = UNCHANGED,
    user: User,
) -> User:
    """This will open or close an account, and make its owner a superuser or none.

    A closed account's sessions and tokens are good for nothing, what its owner made stays. UnableToLeave where
    nobody would be left who runs this installation.
    """
    del user
    hold(Lock.PEOPLE)
    asked = {"is_active": is_active, "is_superuser": is_superuser}
    changes = {name: value for name, value in asked.items() if not isinstance(value, Unchanged)}
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    person.refresh_from_db()
    runs = person.is_superuser and person.is_active
    lost = [name for name, value in changes.items() if not value]
    if runs and lost and not others.exists():
        sentence = f"{person.username} is the only superuser with an open account; make another one first."
        raise UnableToLeave(f"{lost[0]}: {sentence}", fields={lost[0]: sentence})
    for name, value in changes.items():
        setattr(person, name, value)
    person.is_staff = person.is_superuser
    person.save(update_fields=["is_active", "is_superuser", "is_staff"])
    return person
