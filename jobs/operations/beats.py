"""Proof that what must run again and again did run, and whose turn it is to run it."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Now

from jobs.models import Beat


def note_beat(*, name: str, by: str) -> None:
    """This will write down that `name` ran just now; in a transaction, only if that commits."""
    if not Beat.objects.filter(name=name).update(at=Now(), by=by, count=F("count") + 1):
        Beat.objects.bulk_create([Beat(name=name, at=Now(), by=by, count=1)], ignore_conflicts=True)


def take_turn(*, name: str, by: str, every: float) -> bool:
    """This will take the next run of something that one worker of all does every so many seconds.

    Who dies in the middle costs one run: the next is due as if this one had been finished.
    """
    due = Beat.objects.filter(name=name, at__lt=Now() - Value(timedelta(seconds=every)))
    if due.update(at=Now(), by=by, count=F("count") + 1):
        return True
    if Beat.objects.filter(name=name).exists():
        return False
    try:
        with transaction.atomic():
            Beat(name=name, at=Now(), by=by, count=1).save(force_insert=True)
    except IntegrityError:
        return False
    return True
