"""What an admin sets for a project."""

from __future__ import annotations

from typing import Any

from django import forms

from jobs.models import Project


class ProjectSettingsForm(forms.Form):
    """Limits of a project; empty means none."""

    job_limit = forms.IntegerField(
        label="Jobs at the same time",
        required=False,
        help_text="At most so many of its jobs run at once, and others wait. Empty: as many as there are workers.",
        error_messages={"invalid": "accepted is a whole number, or nothing."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    keep_days = forms.IntegerField(
        label="Days that ended jobs are kept",
        required=False,
        help_text="Then a job is deleted with its curves and files, unless a teacher came from it. Empty: for ever.",
        error_messages={"invalid": "accepted is a whole number, or nothing."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        """This will start from what the project has."""
        start = {"job_limit": project.job_limit, "keep_days": project.keep_days}
        super().__init__(data, initial=start)
