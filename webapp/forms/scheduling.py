"""When and where a job runs: its queue, its priority, its deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms

from jobs.models import ACTIVE, Job
from jobs.operations.deadlines import deadline_of
from jobs.operations.schedules import HIGHEST, LOWEST
from jobs.queries.queues import Line


class Deadline(forms.CharField):
    """A time or a length from now, in the words that `deadline_of` reads; nothing is None."""

    def to_python(self, value: Any) -> Any:
        """This will return the time."""
        text = str(super().to_python(value))
        if not text:
            return None
        try:
            return deadline_of(text)
        except ValueError as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def prepare_value(self, value: Any) -> Any:
        """This will write a time as it is accepted."""
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """This will compare what was shown with what came back: seconds are not shown."""
        return str(self.prepare_value(initial) or "") != str(data or "").strip()


class SchedulingForm(forms.Form):
    """Queue, priority and deadline; the queue stays where a worker has the job."""

    use_required_attribute = False
    queue = forms.ChoiceField(
        label="Queue", required=False, help_text="Workers with this label take the job."
    )
    priority = forms.IntegerField(
        required=False,
        label="Priority",
        help_text=f"{LOWEST} to {HIGHEST}. Higher goes first; among equals the projects take turns.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": f"accepted is a whole number from {LOWEST} to {HIGHEST}."},
    )
    deadline = Deadline(
        label="Deadline",
        required=False,
        help_text="A length from now (90m, 2h, 1d) or a time in UTC (2026-03-01 18:00). Empty: none.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(
        self, data: Any = None, *, lines: Sequence[Line], job: Job | None = None, like: Job | None = None
    ) -> None:
        """This will offer the known queues with their workers, and start from what `job` has.

        Of a job `like` the new one, queue and priority are taken; a deadline is not taken over.
        """
        start: dict[str, Any] = {"queue": "cpu", "priority": 0}
        if like is not None:
            start |= {"queue": like.queue, "priority": like.priority}
        if job is not None:
            start = {"queue": job.queue, "priority": job.priority, "deadline": job.deadline_at}
        super().__init__(data, initial=start, auto_id="s-%s")
        queue = self.fields["queue"]
        assert isinstance(queue, forms.ChoiceField)
        if job is not None and job.state in ACTIVE:
            queue.disabled, queue.help_text = True, "A worker has the job: its queue stays."
        queue.choices = [(line.name, f"{line.name} ({_workers(line.workers)})") for line in lines]

    def changes(self) -> dict[str, Any]:
        """This will return what differs from what the job has."""
        return {name: value for name, value in self.asked().items() if name in self.changed_data}

    def asked(self) -> dict[str, Any]:
        """This will return what was given, by the names that operations use; left out is what it started from."""
        given = dict(self.cleaned_data)
        given["queue"] = given["queue"] or self.initial["queue"]
        given["priority"] = given["priority"] or 0
        return given


def _workers(alive: int) -> str:
    return "no worker is there now" if not alive else f"{alive} worker{'s' if alive > 1 else ''}"
