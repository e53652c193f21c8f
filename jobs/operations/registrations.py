"""Asking for a dataset or teacher to be taken in, deciding on its repairs, and thinking better of it.

A worker carries it out (`jobs.intake.registrar`); nothing of what is handed in is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from jobs.doorbell import ring
from jobs.models import Job, Project, Registration, RegistrationKind, RegistrationState, State, Upload, User
from jobs.operations.asking import Asked, look_at
from jobs.operations.errors import UnableToCancel, UnableToDecide, UnableToPromote, UnableToRegister
from jobs.operations.intake import checked_name, drop_uploads
from jobs.operations.locks import Lock, hold
from jobs.queries.participants import MODEL, is_between_models, learners_of

STUDENT = "student.safetensors"
AT_ONCE = (RegistrationState.QUEUED, RegistrationState.WAITING)


@transaction.atomic
def register(
    *,
    project: Project,
    user: User,
    kind: str,
    name: str,
    path: str = "",
    uploads: Sequence[Upload | UUID | str] = (),
    format: str = "auto",  # noqa: A002 - as the engine calls it
    words: str = "",
    card: dict[str, Any] | None = None,
    dataset: str = "",
    split: str = "val",
    new_version: bool = False,
    accepted: list[str] | None = None,
) -> Registration:
    """This will ask a worker to take in what lies at `path` or has been uploaded, and return what was asked.

    `dataset` (a label such as "name" or "name@2") and `split` say what a teacher is measured on; stored predictions
    need one. `accepted` lists repairs decided on beforehand. Raises UnableToRegister with a sentence for each field.
    """
    asked = Asked(
        project=project,
        user=user,
        kind=kind,
        name=name,
        path=path,
        uploads=tuple(str(upload.pk if isinstance(upload, Upload) else upload) for upload in uploads),
        format=format,
        words=words,
        card=card,
        dataset=dataset,
        split=split,
        new_version=new_version,
        accepted=None if accepted is None else tuple(accepted),
    )
    hold(Lock.REGISTRATION)  # two at once must not both find the name free
    found = look_at(asked)
    registration = Registration.objects.create(
        project=project,
        user=user,
        kind=kind,
        name=found.name,
        asked=found.kept,
        accepted=accepted,
        new_version_of=found.new_version_of,
        measured_on=found.measured_on,
    )
    Upload.objects.filter(pk__in=[upload.pk for upload in found.uploads]).update(registration=registration)
    _ring(registration)
    return registration


@transaction.atomic
def promote(*, job: Job, user: User, name: str, participant: str = "") -> Registration:
    """This will ask a worker to make the student of a succeeded job, or one participant, a teacher of its project.

    `participant` names one that learned, in jobs whose models teach each other; other jobs have none. It is measured on
    the validation split of the job's dataset. Raises UnableToPromote with one sentence.
    """
    hold(Lock.REGISTRATION)
    row = Job.objects.select_for_update().filter(pk=job.pk, deleted_at__isnull=True).first()
    if row is None:  # who deletes it now waits, and then hears of the promotion
        raise UnableToPromote(f"Job {job.pk} was deleted.")
    job = row
    if job.state != State.SUCCEEDED:
        raise UnableToPromote(f"Job {job.pk} is {job.state}; only a succeeded job has a student to promote.")
    file = _promoted(job, participant)
    if not job.artifacts.filter(name=file).exists():
        raise UnableToPromote(f"Job {job.pk} has no {file} among its artifacts.")
    if job.dataset is None:
        raise UnableToPromote(f"Job {job.pk} has no dataset, so its student has no card to be a teacher by.")
    try:
        name = checked_name(RegistrationKind.TEACHER, project=job.project, name=name)
    except UnableToRegister as error:
        raise UnableToPromote(error.message, fields=error.fields) from None
    registration = Registration.objects.create(
        project=job.project,
        user=user,
        kind=RegistrationKind.TEACHER,
        name=name,
        asked={"job": job.pk, "dataset": job.dataset.label, "split": "val"}
        | ({"file": file, "participant": participant} if participant else {}),
        measured_on=job.dataset,
        from_job=job,
    )
    _ring(registration)
    return registration


def _promoted(job: Job, participant: str) -> str:
    """The file of whoever is promoted."""
    if not is_between_models(job.spec):
        if participant:
            sentence = f"given {participant[:80]!r}, accepted is none: job {job.pk} has one student."
            raise UnableToPromote(f"participant: {sentence}", fields={"participant": sentence})
        return STUDENT
    learners = {one.name: one for one in learners_of(job.result)}
    if participant not in learners:
        given = repr(participant[:80]) if participant else "none"
        accepted = ", ".join(map(repr, learners))
        sentence = f"given {given}, accepted is one of those that learned: {accepted or 'nobody'}."
        raise UnableToPromote(f"participant: {sentence}", fields={"participant": sentence})
    return learners[participant].files.get(MODEL, f"{participant}.safetensors")


@transaction.atomic
def decide(*, registration: Registration, user: User, accepted: list[str]) -> Registration:
    """This will accept some of the repairs that a registration waits to hear about, and refuse the others.

    Raises UnableToDecide when it does not wait, knows no such repair, or needs one that is not accepted: a refusal
    by the check would drop what was uploaded.
    """
    del user  # who may decide is the caller's question
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state != RegistrationState.WAITING:
        raise UnableToDecide(f"Registration {row.pk} is {row.state} and waits for no decision.")
    if row.kind == RegistrationKind.TEACHER:
        sentence = "given none, accepted is what the check of a teacher asks for; it suggests no repairs."
        raise UnableToDecide(f"card: {sentence}", fields={"card": sentence})
    known = [repair["name"] for repair in (row.report or {}).get("repairs", [])]
    if unknown := [name for name in accepted if name not in known]:
        sentence = f"given {unknown[0]!r}, accepted are repairs that were suggested: {', '.join(known)}."
        raise UnableToDecide(f"accept: {sentence}", fields={"accept": sentence})
    suggested = (row.report or {}).get("repairs", [])
    if left := [repair for repair in suggested if repair.get("needed") and repair["name"] not in accepted]:
        sentence = f"{left[0]['name']!r} is needed: errors remain without it; accept it, or cancel."
        raise UnableToDecide(f"accept: {sentence}", fields={"accept": sentence})
    row.accepted = [name for name in known if name in accepted]
    return queue_again(row, changed=("accepted",))


def queue_again(row: Registration, *, changed: Sequence[str]) -> Registration:
    """This will let the check go on with what was decided; the caller has locked the row in this transaction."""
    row.state = RegistrationState.QUEUED
    row.attempts_lost = 0
    row.lease_until = None
    row.save(update_fields=[*changed, "state", "attempts_lost", "lease_until"])
    _ring(row)
    return row


@transaction.atomic
def request_cancel_registration(*, registration: Registration, user: User) -> Registration:
    """This will cancel a registration that nobody works on at once, and ask the worker of another one to stop.

    Raises UnableToCancel for one that has come to its end. Asking twice changes nothing.
    """
    del user  # who may cancel is the caller's question
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.is_final:
        raise UnableToCancel(
            f"Registration {row.pk} has ended already ({row.state}) and cannot be cancelled."
        )
    changes: dict[str, object] = {}
    if row.cancel_requested_at is None:
        changes["cancel_requested_at"] = Now()
    if row.state in AT_ONCE:
        changes |= {"state": RegistrationState.CANCELLED, "finished_at": Now(), "lease_until": None}
        transaction.on_commit(partial(drop_uploads, registration_id=row.pk), robust=True)
    if changes:
        Registration.objects.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()
    return row


def _ring(registration: Registration) -> None:
    transaction.on_commit(partial(ring, registration.queue), robust=True)
