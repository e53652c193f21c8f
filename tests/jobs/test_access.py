from __future__ import annotations

import pytest

from jobs.models import Membership, Project, Role, User
from jobs.operations.projects import create_project
from jobs.operations.tokens import Power, create_token
from jobs.queries.access import has_role, projects_of, role_of
from jobs.queries.people import list_tokens

pytestmark = pytest.mark.django_db


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


def test_who_came_by_a_token_of_one_project_is_a_stranger_in_all_others(user: User, project: Project) -> None:
    other = create_project(name="Other", user=user)
    token, _ = create_token(user=user, name="ci", power=Power(project=project))
    create_token(user=user, name="wide")
    assert len(list_tokens(user=user)) == 2
    user.token = token
    assert list(projects_of(user)) == [project]
    assert role_of(user=user, project=project) == Role.ADMIN
    assert role_of(user=user, project=other) is None
    assert list_tokens(user=user) == [token]


def test_a_superuser_who_came_by_a_token_of_one_project_sees_that_one(project: Project) -> None:
    root = User.objects.create_superuser(username="root")
    other = create_project(name="Other", user=root)
    root.token = create_token(user=root, name="ci", power=Power(project=project))[0]
    assert list(projects_of(root)) == [project]
    assert role_of(user=root, project=other) is None
