from __future__ import annotations

import io

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from jobs.models import ApiToken, Membership, Project, Role, User
from jobs.operations.errors import UnableToCreate
from jobs.operations.people import create_project, ensure_first_admin
from jobs.operations.tokens import authenticate_token, create_token, revoke_token
from jobs.queries.access import has_role, projects_of, role_of

pytestmark = pytest.mark.django_db


def test_the_first_start_makes_an_admin_once() -> None:
    made = ensure_first_admin()
    assert made is not None
    assert made[0] == "admin"
    assert authenticate(username=made[0], password=made[1]) is not None
    assert Project.objects.get().slug == "default"
    assert ensure_first_admin() is None


def test_an_account_that_took_the_name_admin_is_not_raised_to_one() -> None:
    User.objects.create_user(username="admin", password="correct horse battery")
    made = ensure_first_admin()
    assert made is not None
    assert made[0] == "admin-2"
    assert authenticate(username=made[0], password=made[1]) is not None
    assert not User.objects.get(username="admin").is_superuser
    assert ensure_first_admin() is None


def test_a_site_with_an_admin_gets_no_other(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    assert ensure_first_admin() is None


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


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "!!!"])
def test_a_project_needs_a_name(user: User, name: str) -> None:
    with pytest.raises(UnableToCreate):
        create_project(name=name, user=user)


def test_project_names_are_unique(user: User, project: Project) -> None:
    with pytest.raises(UnableToCreate, match="exists already"):
        create_project(name=project.name, user=user)


def test_roles_are_ordered_and_strangers_have_none(user: User, project: Project) -> None:
    viewer = User.objects.create_user(username="eve")
    assert role_of(user=viewer, project=project) is None
    assert list(projects_of(viewer)) == []
    Membership.objects.create(project=project, user=viewer, role=Role.VIEWER)
    assert has_role(user=viewer, project=project, at_least=Role.VIEWER)
    assert not has_role(user=viewer, project=project, at_least=Role.EDITOR)
    assert has_role(user=user, project=project, at_least=Role.ADMIN)
    root = User.objects.create_superuser(username="root")
    assert role_of(user=root, project=project) == Role.ADMIN


def test_commands_make_and_revoke_tokens_and_reset_passwords(user: User) -> None:
    out = io.StringIO()
    call_command("token", "ada", name="ci", stdout=out)
    secret = out.getvalue().strip()
    found = authenticate_token(secret)
    assert found is not None
    assert found.user == user
    call_command("token", "ada", name="ci", revoke=True, stdout=io.StringIO())
    assert authenticate_token(secret) is None
    out = io.StringIO()
    call_command("reset_password", "ada", stdout=out)
    assert authenticate(username="ada", password=out.getvalue().strip()) == user
    with pytest.raises(CommandError, match="no user 'bob'"):
        call_command("token", "bob")
