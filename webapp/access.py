"""Who may use which address: the look-ups that enforce the table of `webapp.permissions`.

Routes about a project need a standing *in that project*: the `*_or_404` look-ups find the object and check the asker
in one call. A stranger gets 404 (the object does not exist for them), a member
without the role gets 403.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework.request import Request

from jobs.models import (
    ApiToken,
    Artifact,
    Dataset,
    Delivery,
    Group,
    Job,
    Membership,
    Project,
    Registration,
    Role,
    SavedView,
    Selection,
    Teacher,
    Upload,
    User,
    Webhook,
)
from jobs.queries.access import bound_to, role_of
from jobs.queries.people import find_member, tokens_of
from jobs.queries.views import find_view
from jobs.queries.webhooks import find_delivery, find_webhook
from webapp.permissions import Who, needed

Asker = HttpRequest | Request

STANDING_OF_ROLE = {Role.VIEWER: Who.VIEWER, Role.EDITOR: Who.EDITOR, Role.ADMIN: Who.ADMIN}


def standing(*, user: object, project: Project) -> Who | None:
    """This will return the user's standing in a project, None for strangers and the logged out."""
    role = role_of(user=user, project=project) if isinstance(user, User) else None
    return None if role is None else STANDING_OF_ROLE[role]


def may(*, user: object, project: Project, route: str, method: str = "GET") -> bool:
    """This will tell whether the user's standing in the project is enough for a route."""
    found = standing(user=user, project=project)
    return found is not None and found >= needed(route, method)


def may_operate(user: object) -> bool:
    """This will tell whether somebody runs this installation: workers and people are nobody's project."""
    return isinstance(user, User) and user.is_active and user.is_superuser and bound_to(user) is None


def operator_of(asker: Asker) -> User:
    """This will return the logged-in superuser; PermissionDenied for anybody else."""
    if not may_operate(user := user_of(asker)):
        raise PermissionDenied("Only a superuser of this installation may do this.")
    return user


def user_of(asker: Asker) -> User:
    """This will return the logged-in user; PermissionDenied where nobody is."""
    if not isinstance(asker.user, User):
        raise PermissionDenied("Log in first.")
    return asker.user


def project_or_404(asker: Asker, slug: str) -> Project:
    """This will find a project by its slug for somebody who may use this route on it."""
    return _allowed(asker, Project.objects.filter(slug=slug).first())


def job_or_404(asker: Asker, job_id: int) -> Job:
    """This will find a job for somebody who may use this route on it."""
    there = Job.objects.select_related("project", "dataset", "submitted_by").filter(deleted_at__isnull=True)
    job = there.filter(pk=job_id).first()
    _allowed(asker, None if job is None else job.project)
    assert job is not None
    return job


def job_id_or_404(asker: Asker, job_id: int) -> int:
    """This will do what `job_or_404` does for who needs nothing of the job: charts are asked for all the time."""
    there = Job.objects.select_related("project").filter(deleted_at__isnull=True)
    job = there.only("project__name", "project__slug").filter(pk=job_id).first()
    _allowed(asker, None if job is None else job.project)
    return job_id


def group_or_404(asker: Asker, group_id: int) -> Group:
    """This will find a group for somebody who may use this route on it."""
    group = Group.objects.select_related("project", "submitted_by").filter(pk=group_id).first()
    _allowed(asker, None if group is None else group.project)
    assert group is not None
    return group


def dataset_or_404(asker: Asker, dataset_id: int) -> Dataset:
    """This will find a dataset for somebody who may use this route on it."""
    dataset = Dataset.objects.select_related("project", "created_by").filter(pk=dataset_id).first()
    _allowed(asker, None if dataset is None else dataset.project)
    assert dataset is not None
    return dataset


def teacher_or_404(asker: Asker, teacher_id: int) -> Teacher:
    """This will find a teacher for somebody who may use this route on it."""
    related = ("project", "created_by", "from_job")
    teacher = Teacher.objects.select_related(*related).filter(pk=teacher_id).first()
    _allowed(asker, None if teacher is None else teacher.project)
    assert teacher is not None
    return teacher


def registration_or_404(asker: Asker, registration_id: int) -> Registration:
    """This will find a registration for somebody who may use this route on it."""
    related = ("project", "user", "dataset", "teacher", "measured_on", "from_job")
    registration = Registration.objects.select_related(*related).filter(pk=registration_id).first()
    _allowed(asker, None if registration is None else registration.project)
    assert registration is not None
    return registration


def artifact_or_404(asker: Asker, job_id: int, name: str) -> Artifact:
    """This will find one artifact of a job for somebody who may use this route on it."""
    artifact = Artifact.objects.filter(job=job_or_404(asker, job_id), name=name).first()
    if artifact is None:
        raise Http404(f"This job has no artifact named {name!r}.")
    return artifact


def selection_or_404(asker: Asker, selection_id: int) -> Selection:
    """This will find a selection for somebody who may use this route on it."""
    related = ("project", "dataset", "created_by", "from_job")
    selection = Selection.objects.select_related(*related).filter(pk=selection_id).first()
    _allowed(asker, None if selection is None else selection.project)
    assert selection is not None
    return selection


def view_or_404(asker: Asker, slug: str, view_id: int) -> SavedView:
    """This will find a saved view of a project for somebody who may use this route on it."""
    view = find_view(project=project_or_404(asker, slug), view_id=view_id)
    if view is None:
        raise Http404("This project has no such view.")
    return view


def upload_or_404(asker: Asker, upload_id: UUID) -> Upload:
    """This will find an upload for the one who began it, or for an admin of its project."""
    upload = Upload.objects.select_related("project").filter(pk=upload_id).first()
    project = _allowed(asker, None if upload is None else upload.project)
    assert upload is not None
    if upload.user_id != asker.user.pk and standing(user=asker.user, project=project) is not Who.ADMIN:
        raise PermissionDenied("Only the one who began an upload, or an admin, goes on with it or ends it.")
    return upload


def token_or_404(asker: Asker, token_id: int) -> ApiToken:
    """This will find one of the asker's own tokens that was not revoked."""
    token = tokens_of(user_of(asker)).filter(pk=token_id).first()
    if token is None:
        raise Http404("You have no such token.")
    return token


def member_or_404(asker: Asker, slug: str, username: str) -> Membership:
    """This will find a member of a project for somebody who may use this route on it."""
    member = find_member(project=project_or_404(asker, slug), username=username)
    if member is None:
        raise Http404("This project has no such member.")
    return member


def webhook_or_404(asker: Asker, slug: str, webhook_id: int) -> Webhook:
    """This will find a webhook of a project for somebody who may use this route on it."""
    webhook = find_webhook(project=project_or_404(asker, slug), webhook_id=webhook_id)
    if webhook is None:
        raise Http404("This project has no such webhook.")
    return webhook


def delivery_or_404(asker: Asker, slug: str, webhook_id: int, delivery_id: int) -> Delivery:
    """This will find a message to a webhook for somebody who may use this route on it."""
    webhook = webhook_or_404(asker, slug, webhook_id)
    delivery = find_delivery(webhook=webhook, delivery_id=delivery_id)
    if delivery is None:
        raise Http404("This webhook was sent no such message, or longer ago than they are kept.")
    return delivery


def _allowed(asker: Asker, project: Project | None) -> Project:
    found = None if project is None else standing(user=asker.user, project=project)
    if project is None or found is None:
        raise Http404("There is nothing here, or it belongs to a project you are not a member of.")
    match = asker.resolver_match
    if match is None or found < (least := needed(match.view_name, asker.method or "GET")):
        role = "a higher" if match is None else f"the {least.name.lower()}"
        raise PermissionDenied(f"This needs {role} role in {project.name}; yours is {found.name.lower()}.")
    return project
