"""What people fill in about a webhook."""

from __future__ import annotations

from django import forms

from jobs.operations.webhooks import EVENTS
from jobs.outgoing.addresses import LONGEST

_WORDS = {
    "job.started": "a job starts",
    "job.succeeded": "a job succeeds",
    "job.failed": "a job fails",
    "job.cancelled": "a job is cancelled",
    "gate.passed": "a gate passes",
    "gate.failed": "a gate fails",
    "group.ended": "the last job of a group ends",
    "baseline.moved": "a baseline moves",
}


class WebhookForm(forms.Form):
    """Where messages go, and about what."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST,
        widget=forms.URLInput(
            attrs={"placeholder": "https://ci.example.com/hooks/mtkd", "autocomplete": "off"}
        ),
        help_text="Messages are posted there as JSON, signed as Standard Webhooks describes.",
    )
    events = forms.MultipleChoiceField(
        label="Tell it when",
        choices=[(str(said), _WORDS[said]) for said in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "given none, accepted are one or more."},
    )
