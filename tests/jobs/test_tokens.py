"""Tokens: what their secrets look like, what they are good for, and for how long."""

from __future__ import annotations

import io
import secrets
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.models import ApiToken, Project, Scope, User
from jobs.operations import tokens
from jobs.operations.errors import UnableToCreate
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, authenticate_token, checksum, create_token, exceeds, revoke_token

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


def test_a_token_is_known_by_its_secret_and_stored_as_a_hash(user: User) -> None:
    token, secret = create_token(user=user, name="ci")
    assert secret.startswith("mtkd_")
    assert secret not in str(vars(ApiToken.objects.get()))
    found = authenticate_token(secret)
    assert found is not None
    assert found.user == user
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_revoked_foreign_and_inactive_tokens_open_nothing(user: User) -> None:
    token, secret = create_token(user=user, name="ci")
    assert authenticate_token(secret + "x") is None
    assert authenticate_token("") is None
    revoke_token(token=token)
    assert authenticate_token(secret) is None
    _, other = create_token(user=user, name="ci")
    user.is_active = False
    user.save()
    assert authenticate_token(other) is None


def test_a_secret_ends_in_a_checksum_that_others_can_compute(user: User) -> None:
    _, secret = create_token(user=user, name="ci")
    random, check = secret[5:45], secret[45:]
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value = 0
    for digit in check:
        value = value * 62 + digits.index(digit)
    assert value == zlib.crc32(random.encode())
    assert random.isalnum()
    assert checksum("") == "000000"


@pytest.mark.parametrize("place", range(0, 51, 5))
def test_a_mistyped_secret_is_refused_without_asking_the_database(
    user: User, place: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, secret = create_token(user=user, name="ci")
    other = "a" if secret[place] != "a" else "b"
    with django_assert_num_queries(0):
        assert authenticate_token(secret[:place] + other + secret[place + 1 :]) is None
        assert authenticate_token(secret[:place]) is None
        assert authenticate_token(secret[: place + 1] + "ä" + secret[place + 2 :]) is None


def test_tokens_from_before_there_were_checksums_keep_working(user: User) -> None:
    secret = "mtkd_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, name="old", prefix=secret[:10], digest=tokens._digest(secret), scopes=list(Scope)
    )
    found = authenticate_token(secret)
    assert found is not None
    assert found.user == user
    assert authenticate_token("mtkd_" + secrets.token_urlsafe(32)) is None


def test_a_token_works_until_its_end(user: User) -> None:
    token, secret = create_token(user=user, name="ci", power=Power(expires_at=timezone.now() + SOON))
    assert authenticate_token(secret) == token
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert authenticate_token(secret) is None


def test_scopes_are_kept_once_each_and_in_their_order(user: User) -> None:
    token, _ = create_token(
        user=user, name="ci", power=Power(scopes=["sources:read", "jobs:read", "jobs:read"])
    )
    assert token.scopes == ["jobs:read", "sources:read"]
    everything, _ = create_token(user=user, name="ci")
    assert everything.scopes == list(Scope)


@pytest.mark.parametrize(
    ("power", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["jobs:fly"]}, "scopes"),
        ({"expires_at": timezone.now() - SOON}, "expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=5000)}, "expires_at"),
    ],
)
def test_what_no_token_can_be_good_for_is_refused(user: User, power: dict[str, Any], field: str) -> None:
    with pytest.raises(UnableToCreate) as refused:
        create_token(user=user, name="ci", power=Power(**power))
    assert list(refused.value.fields) == [field]


def test_a_token_of_a_project_is_for_its_members(user: User) -> None:
    eve = User.objects.create_user(username="eve")
    with pytest.raises(UnableToCreate, match="member"):
        create_token(user=user, name="ci", power=Power(project=create_project(name="Eves", user=eve)))


@pytest.fixture
def maker(user: User, project: Project) -> ApiToken:
    power = Power(
        scopes=["jobs:read", "projects:write"], project=project, expires_at=timezone.now() + 2 * SOON
    )
    return create_token(user=user, name="maker", power=power)[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": ["jobs:read", "jobs:write"]}, "scopes"),
        ({"project": None}, "project"),
        ({"expires_at": None}, "expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=9)}, "expires_at"),
    ],
)
def test_a_token_makes_none_that_may_do_more(
    user: User, project: Project, maker: ApiToken, changes: dict[str, Any], field: str
) -> None:
    less = {"scopes": ["jobs:read"], "project": project, "expires_at": maker.expires_at}
    made, _ = create_token(user=user, name="less", power=Power(**less), made_by=maker)
    assert not exceeds(made, maker)
    with pytest.raises(UnableToCreate) as refused:
        create_token(user=user, name="more", power=Power(**{**less, **changes}), made_by=maker)
    assert list(refused.value.fields) == [field]


def test_commands_make_and_revoke_tokens(user: User, project: Project) -> None:
    secret = _made_by_command("ada", name="ci")
    found = authenticate_token(secret)
    assert found is not None
    assert (found.user, found.scopes, found.project, found.expires_at) == (user, list(Scope), None, None)
    call_command("token", "ada", name="ci", revoke=True, stdout=io.StringIO())
    assert authenticate_token(secret) is None
    narrow = authenticate_token(_made_by_command("ada", scope=["jobs:read"], project="moments", days=2))
    assert narrow is not None
    assert (narrow.scopes, narrow.project) == (["jobs:read"], project)
    assert narrow.expires_at is not None


@pytest.mark.parametrize(
    ("who", "given", "sentence"),
    [
        ("bob", {}, "no user 'bob'"),
        ("ada", {"project": "none"}, "no project 'none'"),
        ("ada", {"days": 0}, "from 1 to 3660"),
        ("ada", {"name": ""}, "1 to 80 characters"),
    ],
)
def test_commands_refuse_by_a_sentence(user: User, who: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("token", who, **given)


def _made_by_command(who: str, **given: Any) -> str:
    out = io.StringIO()
    call_command("token", who, stdout=out, **given)
    return out.getvalue().strip()
