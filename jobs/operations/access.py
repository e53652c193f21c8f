"""People, projects and tokens."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from itertools import count

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from jobs.models import ApiToken, Membership, Project, Role, User
from jobs.operations.errors import UnableToCreate
from jobs.operations.locks import Lock, hold

TOKEN_PREFIX = "mtkd_"  # noqa: S105  (lets a leak scanner find our secrets)
SHOWN_CHARACTERS = 10
FIRST_PROJECT = "default"
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


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


def create_token(*, user: User, name: str) -> tuple[ApiToken, str]:
    """This will make an API token and return it with its secret, which cannot be read again."""
    name = name.strip()
    if not name or len(name) > 80:
        raise UnableToCreate(
            f"name: given {name!r}, accepted are 1 to 80 characters that say what the token is for.",
            fields={"name": "1 to 80 characters that say what the token is for are accepted."},
        )
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=secret[:SHOWN_CHARACTERS], digest=_digest(secret)
    )
    return token, secret


def authenticate_token(secret: str) -> User | None:
    """This will return the active user whose unrevoked token `secret` is, or None."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > 200:
        return None
    digest = _digest(secret)
    token = ApiToken.objects.select_related("user").filter(digest=digest, revoked_at=None).first()
    if token is None or not hmac.compare_digest(token.digest, digest) or not token.user.is_active:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def revoke_token(*, token: ApiToken) -> None:
    """This will make the token worthless at once; revoking twice keeps the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
