"""Tokens: secrets by which machines act for a person, within scopes, a project and a time."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.models import ApiToken, Project, Scope, User
from jobs.operations.errors import UnableToCreate
from jobs.queries.access import role_of

TOKEN_PREFIX = "mtkd_"  # noqa: S105  (lets a leak scanner find our secrets)
SHOWN_CHARACTERS = 10
LONGEST_NAME = 80
LONGEST_LIFE = timedelta(days=3660)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARACTERS = 40
_CHECK_CHARACTERS = 6
_LENGTH = len(TOKEN_PREFIX) + _RANDOM_CHARACTERS + _CHECK_CHARACTERS
_LENGTH_WITHOUT_CHECK = len(TOKEN_PREFIX) + 43
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a token is good for; without a project for all of its user's, without an end until it is revoked."""

    scopes: Collection[str] = tuple(Scope)
    project: Project | None = None
    expires_at: datetime | None = None


EVERYTHING = Power()


def create_token(
    *, user: User, name: str, power: Power = EVERYTHING, made_by: ApiToken | None = None
) -> tuple[ApiToken, str]:
    """This will make an API token and return it with its secret, which cannot be read again.

    A token that was `made_by` another can do nothing which that one cannot. Raises UnableToCreate.
    """
    name = name.strip()
    fields = _power_refusals(user, power) | (_excess(power, made_by) if made_by is not None else {})
    if not name or len(name) > LONGEST_NAME:
        fields["name"] = (
            f"given {name[:100]!r}, accepted are 1 to 80 characters that say what the token is for."
        )
    if fields:
        raise UnableToCreate(" ".join(f"{field}: {text}" for field, text in fields.items()), fields=fields)
    secret = new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:SHOWN_CHARACTERS],
        digest=_digest(secret),
        scopes=[scope.value for scope in Scope if scope in power.scopes],
        project=power.project,
        expires_at=power.expires_at,
    )
    return token, secret


def _power_refusals(user: User, power: Power) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not power.scopes or any(scope not in Scope.values for scope in power.scopes):
        given = ", ".join(power.scopes) or "none"
        fields["scopes"] = f"given {given[:200]}, accepted are one or more of {', '.join(Scope.values)}."
    if power.project is not None and role_of(user=user, project=power.project) is None:
        fields["project"] = f"given {power.project.slug!r}, accepted is a project you are a member of."
    now = timezone.now()
    if power.expires_at is not None and not now < power.expires_at <= now + LONGEST_LIFE:
        given = power.expires_at.isoformat(timespec="seconds")
        fields["expires_at"] = f"given {given}, accepted is a time within the next ten years."
    return fields


def _excess(power: Power, maker: ApiToken) -> dict[str, str]:
    fields: dict[str, str] = {}
    if beyond := [scope for scope in power.scopes if scope not in maker.scopes]:
        own = ", ".join(maker.scopes)
        fields["scopes"] = f"given {', '.join(beyond)[:200]}, which your token lacks; accepted are {own}."
    if maker.project is not None and power.project != maker.project:
        given = repr(power.project.slug) if power.project else "none"
        fields["project"] = f"given {given}, accepted is that of your token, {maker.project.slug!r}."
    end = maker.expires_at
    if end is not None and (power.expires_at is None or power.expires_at > end):
        given = power.expires_at.isoformat(timespec="seconds") if power.expires_at else "none"
        last = end.isoformat(timespec="seconds")
        fields["expires_at"] = f"given {given}, accepted is no later than your token's end, {last}."
    return fields


def exceeds(token: ApiToken, other: ApiToken) -> bool:
    """This will tell whether a token may do anything, in any project, that another one may not."""
    is_bound_alike = other.project_id is None or token.project_id == other.project_id
    return not is_bound_alike or not set(token.scopes) <= set(other.scopes)


def authenticate_token(secret: str) -> ApiToken | None:
    """This will return the token whose secret this is, with its user and project, or None where it is no good.

    It is no good once it was revoked, has expired, or its user's account is closed.
    """
    if not is_well_formed(secret):
        return None
    digest = _digest(secret)
    found = ApiToken.objects.select_related("user", "project").filter(digest=digest, revoked_at=None).first()
    if found is None or not hmac.compare_digest(found.digest, digest) or not found.user.is_active:
        return None
    now = timezone.now()
    if found.expires_at is not None and found.expires_at <= now:
        return None
    if found.last_used_at is None or now - found.last_used_at > _USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def revoke_token(*, token: ApiToken) -> None:
    """This will make the token worthless at once; revoking twice keeps the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def new_secret() -> str:
    """This will make a secret of 238 random bits whose last six characters are its checksum."""
    random = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_CHARACTERS))
    return TOKEN_PREFIX + random + checksum(random)


def is_well_formed(secret: str) -> bool:
    """This will tell, asking no database, whether a secret could be one of ours: most wrong ones could not."""
    if not secret.startswith(TOKEN_PREFIX):
        return False
    if len(secret) == _LENGTH_WITHOUT_CHECK:  # as they were made before there were checksums
        return True
    random, check = secret[len(TOKEN_PREFIX) : -_CHECK_CHARACTERS], secret[-_CHECK_CHARACTERS:]
    return len(secret) == _LENGTH and secret.isascii() and checksum(random) == check


def checksum(text: str) -> str:
    """This will give the CRC-32 of a text as six digits of base 62, highest first."""
    rest, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK_CHARACTERS):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
