"""Questions to students, for their page and for REST."""

from __future__ import annotations

from jobs.models import Job, Prediction


def find_prediction(*, job: Job, prediction_id: int) -> Prediction | None:
    """This will find what was asked of a job's student; None after a day, when it is forgotten."""
    return Prediction.objects.filter(job=job, pk=prediction_id).first()
