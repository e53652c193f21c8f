"""A worker's hold on a prediction: taking it, and every way of letting it go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.query import QuerySet

from jobs import storable
from jobs.doorbell import ring
from jobs.models import Prediction, PredictionState
from jobs.operations.claims import FencedOutError, database_has_been_up_for_a_lease
from jobs.operations.intake_claims import QUEUE

LONGEST_SECONDS = 120
"""What a prediction may take; afterwards its engine is ended."""

_BESIDES = 60


@dataclass(frozen=True, kw_only=True)
class PredictionClaim:
    """One worker's hold on one prediction, good as long as the fence is this one."""

    prediction_id: int
    fence: int
    folder: Path


@transaction.atomic
def claim_prediction(*, worker: str) -> PredictionClaim | None:
    """This will take the oldest question that waits, or return None; it is held for as long as one may take."""
    waiting = Prediction.objects.select_for_update(skip_locked=True, of=("self",))
    row = waiting.filter(state=PredictionState.QUEUED).order_by("id").first()
    if row is None:
        return None
    Prediction.objects.filter(pk=row.pk).update(
        state=PredictionState.WORKING,
        fence=F("fence") + 1,
        lease_until=Now() + timedelta(seconds=LONGEST_SECONDS + _BESIDES),
        worker=worker,
    )
    return PredictionClaim(prediction_id=row.pk, fence=row.fence + 1, folder=folder_of(row.pk))


def folder_of(prediction_id: int) -> Path:
    """This will give the work folder of a prediction on this host."""
    return predictions_root() / str(prediction_id)


def predictions_root() -> Path:
    """This will give the folder on this host in which predictions are worked on."""
    return Path(settings.MTKD_HOME) / "work" / "predictions"


def held(claim: PredictionClaim) -> QuerySet[Prediction]:
    """This will select the claim's prediction if it is still this claim's; every write starts from here."""
    return Prediction.objects.filter(pk=claim.prediction_id, fence=claim.fence, state=PredictionState.WORKING)


def answer(*, claim: PredictionClaim, found: dict[str, Any]) -> None:
    """This will write down what the student said; raises FencedOutError."""
    _end(claim, PredictionState.ANSWERED, answer=storable.data(found))


def refuse(*, claim: PredictionClaim, sentence: str) -> None:
    """This will end a question that cannot be answered as it was asked; raises FencedOutError."""
    _end(claim, PredictionState.REFUSED, error=storable.text(sentence))


def fail(*, claim: PredictionClaim, sentence: str) -> None:
    """This will end a question that met trouble of our own; raises FencedOutError."""
    _end(claim, PredictionState.FAILED, error=storable.text(sentence))


@transaction.atomic
def hand_back(*, claim: PredictionClaim) -> None:
    """This will let another worker take the question; raises FencedOutError."""
    if not held(claim).update(state=PredictionState.QUEUED, lease_until=None, fence=F("fence") + 1):
        raise FencedOutError
    transaction.on_commit(partial(ring, QUEUE), robust=True)


@transaction.atomic
def reap_predictions() -> int:
    """This will count as lost every prediction whose lease is over, and return how many; the third loss ends it."""
    if not database_has_been_up_for_a_lease():
        return 0
    rows = Prediction.objects.select_for_update(skip_locked=True)
    rows = rows.filter(lease_until__lt=Now(), state=PredictionState.WORKING)
    for row in rows:
        lost = row.attempts_lost + 1
        fields: dict[str, Any] = {"state": PredictionState.QUEUED}
        if lost >= settings.MAX_LOST_ATTEMPTS:
            sentence = f"The worker that had it was lost {lost} times, the last time {row.worker}."
            fields = {"state": PredictionState.FAILED, "error": sentence, "finished_at": Now()}
        Prediction.objects.filter(pk=row.pk).update(
            attempts_lost=lost, lease_until=None, fence=F("fence") + 1, **fields
        )
    return len(rows)


def _end(claim: PredictionClaim, state: PredictionState, **fields: Any) -> None:
    if not held(claim).update(state=state, lease_until=None, finished_at=Now(), **fields):
        raise FencedOutError
