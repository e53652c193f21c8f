"""Saved views of the table of jobs."""

from __future__ import annotations

from django.db import models

from jobs.models.access import Project, User


class SavedView(models.Model):
    """A name for what stands in the address of a project's table of jobs; all members see it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=80)
    address = models.TextField(blank=True, default="")
    """The part of the address after the question mark."""
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("project", "name"), name="view_once_per_project"),)

    def __str__(self) -> str:
        return self.name
