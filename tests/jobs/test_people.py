"""Accounts, the first of them, and the projects that people make."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from jobs.models import Membership, Project, Role, User
from jobs.operations.errors import UnableToCreate, UnableToLeave
from jobs.operations.members import add_member, change_role, remove_member
from jobs.operations.people import change_person, create_person, ensure_first_admin
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, authenticate_token, create_token
from jobs.queries.people import find_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser(username="root", password="correct horse battery")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user(username="bob")


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


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "!!!"])
def test_a_project_needs_a_name(user: User, name: str) -> None:
    with pytest.raises(UnableToCreate):
        create_project(name=name, user=user)


def test_project_names_are_unique(user: User, project: Project) -> None:
    with pytest.raises(UnableToCreate, match="exists already"):
        create_project(name=project.name, user=user)


def test_an_account_is_opened_with_a_password_of_its_own(root: User) -> None:
    made, password = create_person(username=" eve@lab.org ", user=root)
    assert authenticate(username="eve@lab.org", password=password) == made
    assert not made.is_superuser
    other, _ = create_person(username="zoë", is_superuser=True, user=root)
    assert other.is_superuser


@pytest.mark.parametrize("username", ["", " ", "..", "a/b", "a b", "x" * 151, "ROOT", "a\0b", "<b>", "ⓡoot"])
def test_a_name_that_cannot_be_one_or_is_taken_is_refused(root: User, username: str) -> None:
    with pytest.raises(UnableToCreate) as refused:
        create_person(username=username, user=root)
    assert list(refused.value.fields) == ["username"]


def test_a_closed_account_opens_nothing_until_it_is_open_again(root: User, user: User) -> None:
    _, secret = create_token(user=user, name="ci")
    change_person(person=user, is_active=False, user=root)
    assert authenticate_token(secret) is None
    assert authenticate(username="ada", password="correct horse battery") is None
    change_person(person=user, is_active=True, user=root)
    assert authenticate_token(secret) is not None


def test_somebody_must_be_left_who_runs_the_installation(root: User, user: User) -> None:
    for change in ({"is_active": False}, {"is_superuser": False}):
        with pytest.raises(UnableToLeave, match="only superuser"):
            change_person(person=root, user=root, **change)
    change_person(person=user, is_superuser=True, user=root)
    changed = change_person(person=root, is_superuser=False, user=root)
    assert (changed.is_superuser, changed.is_staff) == (False, False)
    change_person(person=user, is_superuser=True, user=user)


def test_a_member_is_taken_in_changed_and_taken_out(project: Project, user: User, bob: User) -> None:
    member = add_member(project=project, username="bob", role="viewer", user=user)
    change_role(member=member, role="editor", user=user)
    assert Membership.objects.get(project=project, user=bob).role == Role.EDITOR
    remove_member(member=member, user=user)
    assert find_member(project=project, username="bob") is None


@pytest.mark.parametrize(
    ("username", "role", "fields"),
    [
        ("nobody", "viewer", ["username"]),
        ("ada", "viewer", ["username"]),
        ("closed", "viewer", ["username"]),
        ("bob", "owner", ["role"]),
        ("nobody", "owner", ["role", "username"]),
    ],
)
def test_who_cannot_be_a_member_is_refused_by_field(
    project: Project, user: User, bob: User, username: str, role: str, fields: list[str]
) -> None:
    User.objects.create_user(username="closed", is_active=False)
    with pytest.raises(UnableToCreate) as refused:
        add_member(project=project, username=username, role=role, user=user)
    assert sorted(refused.value.fields) == fields
    assert Membership.objects.count() == 1


def test_the_last_admin_with_an_open_account_stays(project: Project, user: User, bob: User) -> None:
    admin = Membership.objects.get(project=project, user=user)
    other = add_member(project=project, username="bob", role="admin", user=user)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    with pytest.raises(UnableToLeave, match="only admin"):
        remove_member(member=admin, user=user)
    with pytest.raises(UnableToLeave, match="only admin"):
        change_role(member=admin, role="viewer", user=user)
    User.objects.filter(pk=bob.pk).update(is_active=True)
    change_role(member=admin, role="viewer", user=user)
    with pytest.raises(UnableToLeave):
        remove_member(member=other, user=bob)


def test_who_goes_and_comes_back_has_no_tokens_of_the_project_left(
    project: Project, user: User, bob: User
) -> None:
    member = add_member(project=project, username="bob", role="viewer", user=user)
    _, bound = create_token(user=bob, name="ci", power=Power(project=project))
    _, free = create_token(user=bob, name="ci")
    remove_member(member=member, user=user)
    add_member(project=project, username="bob", role="viewer", user=user)
    assert authenticate_token(bound) is None
    assert authenticate_token(free) is not None


def test_a_command_resets_a_password(user: User) -> None:
    out = io.StringIO()
    call_command("reset_password", "ada", stdout=out)
    assert authenticate(username="ada", password=out.getvalue().strip()) == user
    with pytest.raises(CommandError, match="no user 'bob'"):
        call_command("reset_password", "bob")
