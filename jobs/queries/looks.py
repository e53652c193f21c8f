"""Glances: has something changed, is it over? One small query each, for those who ask again and again."""

from __future__ import annotations

from django.db.models import Count
from django.db.models.expressions import RawSQL

from jobs.models import (
    FINAL,
    REGISTRATION_FINAL,
    Group,
    Job,
    Prediction,
    PredictionState,
    Registration,
    RegistrationState,
)

_OPEN_QUESTIONS = (PredictionState.QUEUED, PredictionState.WORKING)


def look_at_job(job_id: int) -> tuple[bool, object]:
    """This will tell whether a job has ended, and the version of its row; one that is gone has ended."""
    version = RawSQL("jobs_job.xmin::text", [])  # changes with every write of the row
    row = Job.objects.filter(pk=job_id).annotate(version=version).values_list("state", "version").first()
    return (True, None) if row is None else (row[0] in FINAL, row)


def look_at_group(group: Group) -> tuple[bool, object]:
    """This will tell whether all jobs of a group have ended, and how many are in which state."""
    jobs = Job.objects.filter(group=group, deleted_at__isnull=True).order_by("state")
    counts = dict(jobs.values_list("state").annotate(Count("pk")))
    return all(state in FINAL for state in counts), counts


def look_at_prediction(prediction_id: int) -> tuple[bool, object]:
    """This will tell whether a question to a student was answered or refused."""
    state = Prediction.objects.filter(pk=prediction_id).values_list("state", flat=True).first()
    return state not in _OPEN_QUESTIONS, state


def look_at_registration(registration_id: int) -> tuple[bool, object]:
    """This will tell whether a registration has ended or waits for a decision, and how far it is."""
    columns = ("state", "part", "done", "of", "cancel_requested_at")
    row = Registration.objects.filter(pk=registration_id).values_list(*columns).first()
    return row is None or row[0] in REGISTRATION_FINAL or row[0] == RegistrationState.WAITING, row
