"""Who may do what."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Membership, Project, Role, User

_RANK = {Role.VIEWER: 1, Role.EDITOR: 2, Role.ADMIN: 3}


def projects_of(user: User) -> QuerySet[Project]:
    """This will list the projects that `user` may look at: all for a superuser, else those of a member."""
    projects = Project.objects.all()
    return projects if user.is_superuser else projects.filter(memberships__user=user)


def role_of(*, user: User, project: Project) -> Role | None:
    """This will give the role of `user` in `project`, or None for a stranger; a superuser is an admin."""
    if not user.is_active:
        return None
    if user.is_superuser:
        return Role.ADMIN
    given = Membership.objects.filter(project=project, user=user).values_list("role", flat=True).first()
    return Role(given) if given is not None else None


def has_role(*, user: User, project: Project, at_least: Role) -> bool:
    """This will tell whether the role of `user` in `project` is `at_least` or a higher one."""
    role = role_of(user=user, project=project)
    return role is not None and _RANK[role] >= _RANK[at_least]
