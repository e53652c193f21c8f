"""The name under which others are held against a job."""

from __future__ import annotations

from typing import Any

from django import forms

from mtkd_engine.spec.gates import LONGEST_BASELINE


class BaselineForm(forms.Form):
    """One field; a name that is another job's moves to this one."""

    name = forms.CharField(
        label="Name of the baseline",
        max_length=LONGEST_BASELINE,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "list": "baseline-names",
                "placeholder": "main",
            }
        ),
    )

    def __init__(self, data: Any = None) -> None:
        """This will take other ids than the other forms of the page."""
        super().__init__(data, auto_id="baseline-%s")
