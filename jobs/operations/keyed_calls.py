"""Calls that may be sent again: one with a known idempotency key is not made twice, its answer is given again.

The lock, the work and the kept answer belong to one transaction: either all of it happened or nothing, whatever
dies in between, and a key whose call was lost is free again at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from jobs.models import KeyedCall, User
from jobs.operations.errors import StillAtWork, UnableToRepeat
from jobs.operations.locks import Lock, try_to_hold_for

KEPT = timedelta(hours=24)
_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a call was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def begin_call(*, user: User, key: str, asked: str) -> Answer | None:
    """This will give the answer of an earlier call with this key; None means: do it, and keep the answer.

    `asked` stands for all that was asked for. It must run in a transaction, the one that does the work. Raises
    UnableToRepeat where the key belongs to another call, StillAtWork while the first one is being worked on.
    """
    assert connection.in_atomic_block
    if not try_to_hold_for(Lock.KEYED_CALL, f"{user.pk} {key}"):
        raise StillAtWork("The call with this Idempotency-Key is being worked on; try again in a moment.")
    calls = KeyedCall.objects.filter(user=user, key=key)
    calls.filter(created_at__lt=Now() - KEPT).delete()
    known = calls.first()
    if known is None:
        return None
    if known.asked != asked:
        sentence = "it was used for another call; accepted is a new key for each call."
        raise UnableToRepeat(f"Idempotency-Key: {sentence}", fields={"Idempotency-Key": sentence})
    return Answer(status=known.status, headers=known.headers, body=bytes(known.body))


def keep_answer(*, user: User, key: str, asked: str, answer: Answer) -> None:
    """This will keep what a call that has begun was answered with, for a day."""
    KeyedCall.objects.create(
        user=user,
        key=key,
        asked=asked,
        status=answer.status,
        headers=dict(answer.headers),
        body=answer.body,
    )


def forget_calls() -> int:
    """This will remove answers that were kept for a day, and return how many."""
    old = KeyedCall.objects.filter(created_at__lt=Now() - KEPT).values_list("pk", flat=True)
    gone, _ = KeyedCall.objects.filter(pk__in=list(old[:_AT_ONCE])).delete()
    return gone
