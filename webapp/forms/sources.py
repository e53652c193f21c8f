"""Registering what already lies on this machine, and promoting a student."""

from __future__ import annotations

from django import forms
from django.conf import settings


def roots() -> str:
    """This will name the folders that may be registered from."""
    return " or ".join(str(root) for root in settings.DATA_ROOTS)


class RegisterForm(forms.Form):
    """A name and a path below an allowed folder."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="How specs refer to it; unique within the project."
    )
    path = forms.CharField(label="Path on the server", max_length=1000, strip=True)


class PromoteForm(forms.Form):
    """The name a student gets as a teacher."""

    name = forms.CharField(
        label="Teacher name", max_length=120, help_text="How specs refer to it; unique within the project."
    )
