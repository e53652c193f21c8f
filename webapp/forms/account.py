"""Small forms about a person: log in, name a token, name a project."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm


class LoginForm(AuthenticationForm):
    """User name and password."""

    error_messages = {  # noqa: RUF012
        "invalid_login": "This user name and password do not belong together; upper and lower case differ.",
        "inactive": "This account is closed.",
    }


class NewPasswordForm(PasswordChangeForm):
    """The old password and the new one, twice."""


class TokenForm(forms.Form):
    """What a new API token is for."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="What will use it, such as “nightly pipeline”."
    )


class ProjectForm(forms.Form):
    """The name of a new project."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="A project holds its own datasets, teachers and jobs."
    )
