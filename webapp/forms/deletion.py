"""Deleting a dataset or teacher for good."""

from __future__ import annotations

from typing import Any

from django import forms


class DeletionForm(forms.Form):
    """The name typed once more, where jobs or teachers go with it."""

    name = forms.CharField(
        label="Type its name to delete it with everything above",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, name: str, must_type: bool) -> None:
        super().__init__(data)
        self.wanted, self.must_type = name, must_type

    def clean_name(self) -> str:
        """This will refuse another name than that of what is to go."""
        given: str = self.cleaned_data["name"]
        if self.must_type and given != self.wanted:
            raise forms.ValidationError(f"given {given!r}, accepted is {self.wanted!r}.")
        return given
