"""Messages on their way to webhooks: taking those that are due, noting what came of them, sending one again.

A message that a worker takes is due again after LEASE, whatever becomes of the worker: one that is killed delays it and
loses nothing. What came of a try is noted only while no other try has begun.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import Now, RowNumber
from django.utils import timezone

from jobs import storable
from jobs.models import Delivery, DeliveryState, User, Webhook
from jobs.operations.errors import UnableToDeliver
from jobs.operations.webhooks import Said, new_delivery
from jobs.outgoing.sending import SECONDS, Answer

AT_ONCE, AT_ONCE_EACH = 16, 4
LEASE = timedelta(seconds=4 * SECONDS)
GIVE_UP = timedelta(hours=24)
KEPT = timedelta(days=30)
FIRST_WAIT, LONGEST_WAIT, FACTOR, JITTER = 5.0, 6 * 3600.0, 3.0, 0.25
GONE = 410
TURNED_OFF = "The webhook was turned off."
_SWEPT_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A message that this worker has taken, good as long as `tries` is its number of tries."""

    delivery_id: int
    webhook_id: int
    tries: int
    message_id: str
    body: str
    url: str
    secrets: tuple[str, ...]


@transaction.atomic
def take_due(*, count: int = AT_ONCE) -> list[Taken]:
    """This will take messages that are due, oldest first, only some of each webhook, so that none keeps others back."""
    turn = Window(RowNumber(), partition_by=F("webhook_id"), order_by=(F("next_at").asc(), F("pk").asc()))
    due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=Now())
    ids = due.annotate(turn=turn).filter(turn__lte=AT_ONCE_EACH).order_by("next_at", "pk")
    chosen = list(ids.values_list("pk", flat=True)[:count])
    if not chosen:
        return []
    rows = due.filter(pk__in=chosen).select_for_update(skip_locked=True, of=("self",))
    held = list(rows.select_related("webhook").order_by("pk"))
    Delivery.objects.filter(pk__in=[row.pk for row in held]).update(
        tries=F("tries") + 1, next_at=Now() + LEASE
    )
    off = [row for row in held if not row.webhook.is_on]  # turned off while the message was being made
    _end(off, DeliveryState.FAILED, trouble=TURNED_OFF)
    return [_taken(row) for row in held if row.webhook.is_on]


@transaction.atomic
def note(*, taken: Taken, answer: Answer) -> None:
    """This will write down what a try brought: delivered, to be tried again after a while, or given up."""
    list(
        Webhook.objects.select_for_update(no_key=True).filter(pk=taken.webhook_id)
    )  # as turn_off: it comes first
    held = Delivery.objects.select_for_update().filter(
        pk=taken.delivery_id, state=DeliveryState.WAITING, tries=taken.tries
    )
    row = held.first()
    if row is None:  # another try has begun meanwhile, or the webhook was turned off or deleted
        return
    row.status, row.seconds = answer.status, answer.seconds
    row.answer, row.trouble = storable.text(answer.answer), storable.text(answer.trouble)
    row.save(update_fields=["status", "seconds", "answer", "trouble"])
    if answer.is_delivered:
        _end([row], DeliveryState.DELIVERED)
    elif answer.status == GONE:
        _end([row], DeliveryState.FAILED)
        turn_off(webhook_id=row.webhook_id, reason="It answered 410 Gone: it wants no more messages.")
    else:
        _try_later(row)


def turn_off(*, webhook_id: int, reason: str) -> None:
    """This will send a webhook nothing more; messages that wait have failed. Empty reason: a person asked for it."""
    Webhook.objects.filter(pk=webhook_id).update(is_on=False, off_reason=reason)
    waiting = Delivery.objects.filter(webhook_id=webhook_id, state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.FAILED, ended_at=Now(), trouble=TURNED_OFF)


@transaction.atomic
def deliver_again(*, delivery: Delivery, user: User) -> Delivery:
    """This will send a message once more, under its own id, so that the receiver may know it again.

    Raises UnableToDeliver where the webhook is off or the message still waits for a try of its own.
    """
    del user  # who may is the caller's question
    webhook = _on(delivery.webhook)
    waiting = Delivery.objects.filter(webhook=webhook, message_id=delivery.message_id)
    if waiting.filter(state=DeliveryState.WAITING).exists():
        raise UnableToDeliver(f"Message {delivery.message_id} is on its way already.")
    again = Delivery.objects.create(
        webhook=webhook,
        message_id=delivery.message_id,
        event=delivery.event,
        body=delivery.body,
        next_at=Now(),
    )
    again.refresh_from_db()
    return again


@transaction.atomic
def deliver_test(*, webhook: Webhook, user: User) -> Delivery:
    """This will send a message of type `test`. Raises UnableToDeliver where the webhook is off."""
    data = {"project": webhook.project.slug, "sent_by": user.get_username()}
    made = new_delivery(_on(webhook), Said.TEST, data)
    made.save(force_insert=True)
    made.refresh_from_db()
    return made


def sweep_deliveries() -> int:
    """This will remove messages that were made more than KEPT ago, and return how many."""
    old = Delivery.objects.filter(created_at__lt=Now() - KEPT).exclude(state=DeliveryState.WAITING)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:_SWEPT_AT_ONCE])
    return Delivery.objects.filter(pk__in=ids).delete()[0]


def wait_after(tries: int) -> float:
    """This will give the seconds between a try, the first being 1, and the next: ever longer, never quite the same."""
    seconds = min(FIRST_WAIT * FACTOR ** (tries - 1), LONGEST_WAIT)
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  (no secret hangs on it)


def _taken(row: Delivery) -> Taken:
    webhook = row.webhook
    secrets = [webhook.secret]
    if webhook.previous_until is not None and webhook.previous_until > timezone.now():
        secrets.append(webhook.previous_secret)
    return Taken(
        delivery_id=row.pk,
        webhook_id=webhook.pk,
        tries=row.tries + 1,
        message_id=row.message_id,
        body=row.body,
        url=webhook.url,
        secrets=tuple(secrets),
    )


def _try_later(row: Delivery) -> None:
    last = row.created_at + GIVE_UP
    if timezone.now() >= last:
        _end([row], DeliveryState.FAILED)
        return
    at = min(timezone.now() + timedelta(seconds=wait_after(row.tries)), last)
    Delivery.objects.filter(pk=row.pk).update(next_at=at)


def _end(rows: Sequence[Delivery], state: DeliveryState, **fields: str) -> None:
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(state=state, ended_at=Now(), **fields)


def _on(webhook: Webhook) -> Webhook:
    row = Webhook.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    found = row.filter(pk=webhook.pk).first()
    if found is None or not found.is_on:
        raise UnableToDeliver("The webhook is off; turn it on first.")
    return found
