"""Lists of people: members of a project, all accounts, the tokens of one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Prefetch, Q, QuerySet

from jobs.models import ApiToken, Membership, Project, User
from jobs.queries.access import bound_to


def list_members(*, project: Project, after: str | None = None, limit: int | None = None) -> list[Membership]:
    """This will list a project's members by name: at most `limit` behind the name `after`."""
    found = Membership.objects.filter(project=project).select_related("user").order_by("user__username")
    return list((found if after is None else found.filter(user__username__gt=after))[:limit])


def find_member(*, project: Project, username: str) -> Membership | None:
    """This will find one member of a project by name."""
    found = Membership.objects.filter(project=project, user__username=username)
    return found.select_related("user", "project").first()


def list_people(*, after: str | None = None, limit: int | None = None) -> list[User]:
    """This will list all accounts by name, each with its memberships: at most `limit` behind the name `after`."""
    found = _people().order_by("username")
    return list((found if after is None else found.filter(username__gt=after))[:limit])


def find_person(username: str) -> User | None:
    """This will find one account by name, with its memberships."""
    return _people().filter(username=username).first()


def list_tokens(*, user: User, after_id: int | None = None, limit: int | None = None) -> Sequence[ApiToken]:
    """This will list a user's tokens that were not revoked, newest first: at most `limit` older than `after_id`.

    Who came by a token of one project is shown the tokens of that project.
    """
    found = tokens_of(user).select_related("project").order_by("-pk")
    return list((found if after_id is None else found.filter(pk__lt=after_id))[:limit])


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """This will select a user's tokens that were not revoked, of the project alone by whose token they came."""
    bound = bound_to(user)
    of_project = Q() if bound is None else Q(project_id=bound)
    return ApiToken.objects.filter(of_project, user=user, revoked_at=None)


def _people() -> QuerySet[User]:
    memberships = Membership.objects.select_related("project").order_by("project__slug")
    return User.objects.prefetch_related(Prefetch("memberships", queryset=memberships))
