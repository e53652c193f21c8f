"""Registering what already lies on this machine, and promoting a student."""

from __future__ import annotations

import itertools

from django import forms
from django.conf import settings

MOST_SUGGESTED = 50


def roots() -> str:
    """This will name the folders that may be registered from."""
    return " or ".join(str(root) for root in settings.DATA_ROOTS)


def suggestions(noun: str) -> list[str]:
    """This will list what lies ready to be registered: folders, or model files up to one folder down."""
    patterns = ("*/",) if noun == "dataset" else ("*.safetensors", "*/*.safetensors")
    found = (path for root in settings.DATA_ROOTS for pattern in patterns for path in root.glob(pattern))
    return sorted(str(path) for path in itertools.islice(found, MOST_SUGGESTED))


class RegisterForm(forms.Form):
    """A name and a path below an allowed folder."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="How specs refer to it; unique within the project."
    )
    path = forms.CharField(
        label="Path on the server",
        max_length=1000,
        strip=True,
        widget=forms.TextInput(attrs={"list": "suggestions", "spellcheck": "false", "autocomplete": "off"}),
    )


class PromoteForm(forms.Form):
    """The name a student gets as a teacher."""

    name = forms.CharField(
        label="Teacher name", max_length=120, help_text="How specs refer to it; unique within the project."
    )
