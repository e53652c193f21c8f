"""Who may do what."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Membership, Project, Role, User

_RANK = {Role.VIEWER: 1, Role.EDITOR: 2, Role.ADMIN: 3}


def bound_to(user: User) -> int | None:
    """This will give the id of the only project that the token shows by which `user` came, None for all."""
    return None if user.token is None else user.token.project_id


def projects_of(user: User) -> QuerySet[Project]:
    """This will list the projects that `user` may look at: all for a superuser, else those of a member.

    Who came by a token of one project sees that one at most.
    """
    bound = bound_to(user)
    projects = Project.objects.all() if bound is None else Project.objects.filter(pk=bound)
    return projects if user.is_superuser else projects.filter(memberships__user=user)


def role_of(*, user: User, project: Project) -> Role | None:
    """This will give the role of `user` in `project`, or None for a stranger; a superuser is an admin.

    Who came by a token of one project is a stranger in all others.
    """
    if not user.is_active or bound_to(user) not in {None, project.pk}:
        return None
    if user.is_superuser:
        return Role.ADMIN
    given = Membership.objects.filter(project=project, user=user).values_list("role", flat=True).first()
    return Role(given) if given is not None else None


def has_role(*, user: User, project: Project, at_least: Role) -> bool:
    """This will tell whether the role of `user` in `project` is `at_least` or a higher one."""
    role = role_of(user=user, project=project)
    return role is not None and _RANK[role] >= _RANK[at_least]
