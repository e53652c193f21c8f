"""A worker's hold on a registration: taking it, keeping it, and the fence that all its writes pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Now
from django.db.models.query import QuerySet

from jobs.models import Registration, RegistrationState
from jobs.operations.claims import FencedOutError, lease_end
from jobs.operations.locks import Lock, hold

QUEUE = "intake"


@dataclass(frozen=True, kw_only=True)
class IntakeClaim:
    """One worker's hold on one registration, good as long as the registration's fence is this one."""

    registration_id: int
    fence: int
    folder: Path


@dataclass(frozen=True)
class Stand:
    """How far the work is: the part at hand, and how much of it."""

    part: str = ""
    done: int = 0
    of: int = 0


@transaction.atomic
def claim_registration(*, queue: str, worker: str, only: int | None = None) -> IntakeClaim | None:
    """This will take the registration whose turn it is, or return None when nothing waits.

    The project with the fewest at work decides, then age. `only` asks for one registration.
    """
    hold(Lock.CLAIM)
    waiting = Registration.objects.select_for_update(skip_locked=True, of=("self",))
    waiting = waiting.filter(state=RegistrationState.QUEUED, queue=queue)
    if only is not None:
        waiting = waiting.filter(pk=only)
    busy = Registration.objects.filter(project=OuterRef("project"), state=RegistrationState.CHECKING)
    count = busy.order_by().values("project").annotate(count=Count("pk")).values("count")
    row = waiting.annotate(beside=Coalesce(Subquery(count), 0)).order_by("beside", "id").first()
    if row is None:
        return None
    Registration.objects.filter(pk=row.pk).update(
        state=RegistrationState.CHECKING,
        fence=F("fence") + 1,
        lease_until=lease_end(),
        started_at=Coalesce(F("started_at"), Now()),
        worker=worker,
        part="",
        done=0,
        of=0,
    )
    return IntakeClaim(registration_id=row.pk, fence=row.fence + 1, folder=folder_of(row.pk))


def folder_of(registration_id: int) -> Path:
    """This will give the work folder of a registration on this host, kept from one attempt to the next."""
    return Path(settings.MTKD_HOME) / "work" / "registrations" / str(registration_id)


def held(claim: IntakeClaim) -> QuerySet[Registration]:
    """This will select the claim's registration if it is still this claim's; every write starts from here."""
    return Registration.objects.filter(
        pk=claim.registration_id, fence=claim.fence, state=RegistrationState.CHECKING
    )


def beat(*, claim: IntakeClaim, stand: Stand) -> bool:
    """This will prolong the lease, note how far the work is and tell whether it shall be cancelled.

    Raises FencedOutError.
    """
    changed = held(claim).update(lease_until=lease_end(), part=stand.part, done=stand.done, of=stand.of)
    if not changed:
        raise FencedOutError
    return cancel_is_wanted(claim=claim)


def cancel_is_wanted(*, claim: IntakeClaim) -> bool:
    """This will tell whether the registration shall be cancelled; raises FencedOutError."""
    row = held(claim).values_list("cancel_requested_at", flat=True)[:1]
    if not row:
        raise FencedOutError
    return row[0] is not None
