"""What an admin sets for a project."""

from __future__ import annotations

from typing import Any

from django import forms

from jobs.models import Project


class ProjectSettingsForm(forms.Form):
    """Limits of a project and its policy; empty means none."""

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

    gates = forms.CharField(
        label="Gates of all jobs",
        required=False,
        help_text="Rules that every job which ends from now on is judged by, besides those of its spec, such as "
        "test/miou >= baseline(main) - 0.005. One per line. Empty: none.",
        widget=forms.Textarea(
            attrs={"class": "is-short", "rows": 4, "spellcheck": "false", "autocomplete": "off"}
        ),
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        """This will start from what the project has."""
        start = {"job_limit": project.job_limit, "keep_days": project.keep_days}
        super().__init__(data, initial={**start, "gates": "\n".join(project.gates)})

    def clean_gates(self) -> list[str]:
        """This will read one rule from each line that has any."""
        return [line.strip() for line in self.cleaned_data["gates"].splitlines() if line.strip()]
