"""People, the projects they share, and the tokens their machines use."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who can log in."""

    token: ApiToken | None = None
    """What this request was let in by, where that is a token: one of a project shows no other project."""


class Project(models.Model):
    """A space that owns teachers, datasets and jobs."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    quota_bytes = models.BigIntegerField(null=True, blank=True)
    """Most bytes its datasets, teachers and uploads may take; None means the setting PROJECT_QUOTA."""
    job_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    """Most of its jobs that run at the same time; None means as many as there are workers."""
    keep_days = models.PositiveIntegerField(null=True, blank=True)
    """Days after which an ended job is deleted, unless a teacher came from it; None means never."""
    gates = models.JSONField(default=list, blank=True)
    """The policy: rules that every job of the project is judged by, besides those of its spec."""
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="projects"
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do: look, work, or also manage members."""

    VIEWER = "viewer", "viewer"
    EDITOR = "editor", "editor"
    ADMIN = "admin", "admin"


class Membership(models.Model):
    """A user's role in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "user"), name="one_role_per_member"),)

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class Scope(models.TextChoices):
    """What a token may do at the most; its user's roles still decide where."""

    JOBS_READ = "jobs:read", "read jobs, groups, their samples and files"
    JOBS_WRITE = "jobs:write", "submit, change, cancel and delete jobs and groups"
    SOURCES_READ = "sources:read", "read datasets and teachers"
    SOURCES_WRITE = "sources:write", "register, upload, archive and delete datasets and teachers"
    PROJECTS_READ = "projects:read", "read projects, their members, webhooks and settings, and the own tokens"
    PROJECTS_WRITE = (
        "projects:write",
        "change projects, their members, webhooks and settings, and the own tokens",
    )
    SYSTEM_READ = "system:read", "read queues, workers, measurements and, as a superuser, accounts"
    SYSTEM_WRITE = "system:write", "drain workers"


class ApiToken(models.Model):
    """A secret for machines; only its sha256 is stored, its prefix is shown.

    Without a project it is good for all projects of its user, without `expires_at` until it is revoked.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"
