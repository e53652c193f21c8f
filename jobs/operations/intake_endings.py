"""How work on a registration ends, each a compare-and-swap on the fence: FencedOutError when it is another's."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from jobs import storable
from jobs.doorbell import ring
from jobs.models import Blob, Registration, RegistrationKind, RegistrationState
from jobs.operations.claims import FencedOutError
from jobs.operations.datasets import create_dataset
from jobs.operations.intake import check_free, check_new, drop_uploads, refused
from jobs.operations.intake_claims import IntakeClaim, held
from jobs.operations.locks import Lock, hold
from jobs.operations.measurements import keep_measurement
from jobs.operations.quota import beyond_quota, new_bytes
from jobs.operations.teachers import create_teacher
from mtkd_engine.predictions.outcomes import FILE as OUTCOMES


@transaction.atomic
def take_in(
    *, claim: IntakeClaim, report: dict[str, Any], origin: dict[str, Any], files: dict[str, Blob]
) -> bool:
    """This will make the dataset or teacher of a registration from files that lie in the storage.

    The file OUTCOMES is what a teacher said of each sample, and all that comes of a measurement.

    False when it was cancelled at the last moment. Raises UnableToRegister, and then leaves everything as it
    was, when name, content or quota do not allow it.
    """
    hold(Lock.REGISTRATION)  # nobody adds the same name or content meanwhile
    row = _locked(claim)
    if row.cancel_requested_at is not None:
        _end(row, RegistrationState.CANCELLED)
        return False
    _check(row, report=report, size=new_bytes(row.project, files.values()))
    made: dict[str, Any] = {}
    files, outcomes = {name: blob for name, blob in files.items() if name != OUTCOMES}, files.get(OUTCOMES)
    if row.kind == RegistrationKind.DATASET:
        made["dataset"] = create_dataset(registration=row, report=report, origin=origin, files=files)
    elif row.kind == RegistrationKind.TEACHER:
        made["teacher"] = create_teacher(registration=row, report=report, origin=origin, files=files)
    teacher = made.get("teacher", row.teacher)
    if outcomes is not None and teacher is not None and row.measured_on is not None:
        keep_measurement(teacher=teacher, registration=row, report=report, outcomes=outcomes)
    _end(row, RegistrationState.REGISTERED, report=report, **made)
    return True


def refuse_early(*, claim: IntakeClaim, report: dict[str, Any], size: int) -> None:
    """This will raise UnableToRegister where `take_in` would as things are, before anything is stored."""
    row = held(claim).select_related("project").first()
    if row is None:
        raise FencedOutError
    # A new version shares files with the others; which, is known once they are stored.
    _check(row, report=report, size=0 if row.asked.get("new_version") else size)


def _check(row: Registration, *, report: dict[str, Any], size: int) -> None:
    new_version = bool(row.asked.get("new_version"))
    if "dataset" in row.asked and row.measured_on_id is None:
        raise refused("", f"The dataset {row.asked['dataset']!r} was deleted meanwhile.")
    if row.kind == RegistrationKind.MEASUREMENT:
        if row.teacher_id is None:
            raise refused("", f"The teacher {row.name!r} was deleted meanwhile.")
        return
    check_free(row.kind, project=row.project, name=row.name, new_version=new_version)
    check_new(row.kind, project=row.project, content_hash=report["content_hash"])
    coming = row.uploads.aggregate(bytes=Sum("size"))["bytes"] or 0  # they make room when this one ends
    if (sentence := beyond_quota(row.project, more=size - coming)) is not None:
        raise refused("", f"{sentence} Delete something first.")


@transaction.atomic
def wait_for_decision(*, claim: IntakeClaim, report: dict[str, Any]) -> None:
    """This will leave it to a person which of the suggested repairs are made, for DECISION_SECONDS."""
    row = _locked(claim)
    if row.cancel_requested_at is not None:
        _end(row, RegistrationState.CANCELLED)
        return
    until = Now() + timedelta(seconds=settings.DECISION_SECONDS)
    _change(row, state=RegistrationState.WAITING, report=report, lease_until=until)


@transaction.atomic
def refuse(*, claim: IntakeClaim, sentence: str, report: dict[str, Any] | None) -> None:
    """This will end a registration of something that cannot be taken in, with the sentence why."""
    _end(_locked(claim), RegistrationState.REFUSED, sentence=storable.text(sentence), report=report)


@transaction.atomic
def fail(*, claim: IntakeClaim, sentence: str) -> None:
    """This will end a registration that met trouble which is not the fault of what was handed in."""
    _end(_locked(claim), RegistrationState.FAILED, sentence=storable.text(sentence))


@transaction.atomic
def cancelled(*, claim: IntakeClaim) -> None:
    """This will end the registration as cancelled."""
    _end(_locked(claim), RegistrationState.CANCELLED)


@transaction.atomic
def hand_back(*, claim: IntakeClaim) -> None:
    """This will put the registration back into its queue without counting the attempt as lost."""
    _requeue(_locked(claim))


@transaction.atomic
def lose(*, claim: IntakeClaim, reason: str) -> None:
    """This will count the attempt as lost: the registration waits again, or fails after too many losses."""
    lose_locked(_locked(claim), reason=reason)


def lose_locked(row: Registration, *, reason: str) -> None:
    """This will do what `lose` does to a row that the caller has locked in this transaction."""
    lost = row.attempts_lost + 1
    _change(row, attempts_lost=lost)
    if lost >= settings.MAX_LOST_ATTEMPTS and row.cancel_requested_at is None:
        sentence = f"The check was lost {lost} times and is given up; the last time: {reason}"
        _end(row, RegistrationState.FAILED, sentence=storable.text(sentence))
    else:
        _requeue(row)


def give_up_waiting(row: Registration) -> None:
    """This will end a registration that nobody has decided on; the caller has locked it in this transaction."""
    days = f"{settings.DECISION_SECONDS / 86_400:g}"
    asked = "what it is" if row.kind == RegistrationKind.TEACHER else "its repairs"
    _end(row, RegistrationState.CANCELLED, sentence=f"Nobody decided on {asked} within {days} days.")


def _locked(claim: IntakeClaim) -> Registration:
    row = held(claim).select_for_update().first()
    if row is None:
        raise FencedOutError
    return row


def _requeue(row: Registration) -> None:
    if row.cancel_requested_at is not None:
        _end(row, RegistrationState.CANCELLED)
        return
    _change(row, state=RegistrationState.QUEUED, lease_until=None, fence=F("fence") + 1)
    transaction.on_commit(partial(ring, row.queue), robust=True)


def _end(row: Registration, state: RegistrationState, **fields: Any) -> None:
    _change(row, state=state, lease_until=None, finished_at=Now(), part="", done=0, of=0, **fields)
    transaction.on_commit(partial(drop_uploads, registration_id=row.pk), robust=True)


def _change(row: Registration, **fields: Any) -> None:
    Registration.objects.filter(pk=row.pk).update(**fields)
