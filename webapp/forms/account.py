"""Small forms about a person: log in, make a token, name a project, join one, open an account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils import timezone

from jobs.models import Project, Role, Scope
from jobs.operations.people import LONGEST_USERNAME
from jobs.operations.tokens import LONGEST_NAME, Power

LIVES = (
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "a year"),
    ("", "until it is revoked"),
)


class LoginForm(AuthenticationForm):
    """User name and password."""

    error_messages = {  # noqa: RUF012
        "invalid_login": "This user name and password do not belong together; upper and lower case differ.",
        "inactive": "This account is closed.",
    }


class NewPasswordForm(PasswordChangeForm):
    """The old password and the new one, twice."""


class TokenForm(forms.Form):
    """What a new API token is for, what it may do, where, and how long."""

    name = forms.CharField(
        label="Name", max_length=LONGEST_NAME, help_text="What will use it, such as “nightly pipeline”."
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=Scope.choices,
        initial=[Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.SOURCES_READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    project = forms.ChoiceField(
        label="Project", required=False, help_text="A token of one project sees no other."
    )
    days = forms.ChoiceField(label="Works for", choices=LIVES, required=False, initial="365")

    def __init__(self, data: Any = None, *, projects: Iterable[Project]) -> None:
        """This will offer the projects of the asker."""
        super().__init__(data)
        self.projects = {project.slug: project for project in projects}
        field = self.fields["project"]
        assert isinstance(field, forms.ChoiceField)
        named = [(slug, project.name) for slug, project in self.projects.items()]
        field.choices = [("", "All of mine"), *named]

    def power(self) -> Power:
        """This will give what was asked for, once the form is valid."""
        given = self.cleaned_data
        days = given["days"]
        return Power(
            scopes=given["scopes"],
            project=self.projects.get(given["project"]),
            expires_at=timezone.now() + timedelta(days=int(days)) if days else None,
        )


class MemberForm(forms.Form):
    """Whom to take into a project, in which role."""

    username = forms.CharField(
        label="User name",
        max_length=LONGEST_USERNAME,
        help_text="As they log in; accounts are opened by a superuser.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.EDITOR)


class PersonForm(forms.Form):
    """An account to open."""

    username = forms.CharField(
        label="User name",
        max_length=LONGEST_USERNAME,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    is_superuser = forms.BooleanField(label="Runs this installation (superuser)", required=False)


class ProjectForm(forms.Form):
    """The name of a new project."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="A project holds its own datasets, teachers and jobs."
    )
