"""How a refusal of an operation gets back to the fields of a form."""

from __future__ import annotations

from django import forms

from jobs.operations.errors import UnableTo


def show_refusal(form: forms.Form, refusal: UnableTo) -> None:
    """This will put each sentence of a refusal at its field, or above the form where it has none.

    What is about an entry of a list ("gates.2") stands at the list.
    """
    for path, sentence in refusal.fields.items():
        field = path.partition(".")[0]
        form.add_error(field if field in form.fields else None, sentence)
