"""Members of a project: who is taken in, in which role, and who goes."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from jobs.models import Membership, Project, Role, User
from jobs.operations.errors import UnableToCreate, UnableToLeave


@transaction.atomic
def add_member(*, project: Project, username: str, role: str, user: User) -> Membership:
    """This will take somebody with an account into a project; UnableToCreate names `username` or `role`."""
    del user  # who may is the caller's question
    _hold(project)
    fields = _role_refusal(role)
    person = User.objects.filter(username=username.strip(), is_active=True).first()
    if person is None:
        fields["username"] = f"given {username[:150]!r}, accepted is the name of an open account."
    elif Membership.objects.filter(project=project, user=person).exists():
        fields["username"] = f"given {username[:150]!r}, who is a member already."
    if fields or person is None:
        raise _refused(fields)
    return Membership.objects.create(project=project, user=person, role=role)


@transaction.atomic
def change_role(*, member: Membership, role: str, user: User) -> Membership:
    """This will give a member another role; UnableToLeave where the project would have no admin then."""
    del user
    _hold(member.project)
    if fields := _role_refusal(role):
        raise _refused(fields)
    if role != Role.ADMIN:
        _keep_an_admin(member, "role")
    Membership.objects.filter(pk=member.pk).update(role=role)
    member.role = role
    return member


@transaction.atomic
def remove_member(*, member: Membership, user: User) -> None:
    """This will take somebody out of a project, and end their tokens that are bound to it.

    What they made stays. UnableToLeave where the project would have no admin then.
    """
    del user
    _hold(member.project)
    _keep_an_admin(member, "username")
    bound = member.user.tokens.filter(project=member.project, revoked_at=None)
    bound.update(revoked_at=timezone.now())
    member.delete()


def _hold(project: Project) -> None:
    """Two last admins who leave at the same moment must see each other."""
    Project.objects.select_for_update().get(pk=project.pk)


def _keep_an_admin(member: Membership, field: str) -> None:
    admins = Membership.objects.filter(project=member.project, role=Role.ADMIN, user__is_active=True)
    if admins.filter(pk=member.pk).exists() and not admins.exclude(pk=member.pk).exists():
        sentence = (
            f"{member.user.username} is the only admin of {member.project.name}; make another one first."
        )
        raise UnableToLeave(f"{field}: {sentence}", fields={field: sentence})


def _role_refusal(role: str) -> dict[str, str]:
    if role in Role.values:
        return {}
    return {"role": f"given {role[:40]!r}, accepted is one of {', '.join(Role.values)}."}


def _refused(fields: dict[str, str]) -> UnableToCreate:
    return UnableToCreate(" ".join(f"{name}: {text}" for name, text in fields.items()), fields=fields)
