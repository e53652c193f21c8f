"""Which webhooks a project has: making, changing, rotating the secret of and deleting them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs.models import Project, User, Webhook
from jobs.operations.deliveries import turn_off
from jobs.operations.errors import UnableToChange
from jobs.operations.unchanged import UNCHANGED, Unchanged
from jobs.operations.webhooks import EVENTS
from jobs.outgoing.addresses import RefusedAddress, reach, read_address
from jobs.outgoing.signing import new_secret

MOST_WEBHOOKS = 20
ROTATION = timedelta(hours=24)


def create_webhook(
    *, project: Project, user: User, url: str, events: Sequence[str] | None = None
) -> tuple[Webhook, str]:
    """This will make a webhook and return it with its secret; without `events` it is told of all of them.

    Its host is looked up. Raises UnableToChange, whose `fields` are `url` and `events`.
    """
    chosen = [str(said) for said in EVENTS] if events is None else list(dict.fromkeys(events))
    _check({"url": _problem_with_url(url), "events": _problem_with_events(chosen)})
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(
            pk=project.pk
        )  # one at a time, so that the count is true
        if project.webhooks.count() >= MOST_WEBHOOKS:
            _check({"url": f"{project.name} has {MOST_WEBHOOKS} webhooks already; delete one first."})
        webhook = Webhook.objects.create(
            project=project, url=url, events=chosen, secret=new_secret(), created_by=user
        )
    return webhook, webhook.secret


def change_webhook(
    *,
    webhook: Webhook,
    user: User,
    url: str | Unchanged = UNCHANGED,
    events: Sequence[str] | Unchanged = UNCHANGED,
    is_on: bool | Unchanged = UNCHANGED,
) -> Webhook:
    """This will change where messages go, which ones do, and whether any do; what waits when it is turned off fails.

    Raises UnableToChange, whose `fields` are `url` and `events`.
    """
    del user  # who may is the caller's question
    changes: dict[str, object] = {}
    problems: dict[str, str] = {}
    if not isinstance(url, Unchanged) and url != webhook.url:
        problems["url"], changes["url"] = _problem_with_url(url), url
    if not isinstance(events, Unchanged):
        changes["events"] = list(dict.fromkeys(events))
        problems["events"] = _problem_with_events(list(events))
    _check(problems)
    with transaction.atomic():
        if is_on is True:
            changes |= {"is_on": True, "off_reason": ""}
        if changes:
            Webhook.objects.filter(pk=webhook.pk).update(**changes)
        if is_on is False:
            turn_off(webhook_id=webhook.pk, reason="")
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def rotate_secret(*, webhook: Webhook, user: User) -> tuple[Webhook, str]:
    """This will give a webhook a new secret and return both; for ROTATION messages are signed with the old one, too."""
    del user
    row = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    row.previous_secret, row.previous_until = row.secret, timezone.now() + ROTATION
    row.secret = new_secret()
    row.save(update_fields=["secret", "previous_secret", "previous_until"])
    return row, row.secret


@transaction.atomic
def delete_webhook(*, webhook: Webhook, user: User) -> None:
    """This will delete a webhook with all its messages; what has not been sent never is."""
    del user
    Webhook.objects.select_for_update().filter(
        pk=webhook.pk
    ).first()  # it comes before its messages everywhere
    webhook.delete()


def _check(problems: dict[str, str]) -> None:
    fields = {field: text for field, text in problems.items() if text}
    if fields:
        raise UnableToChange(" ".join(f"{field}: {text}" for field, text in fields.items()), fields=fields)


def _problem_with_url(url: str) -> str:
    try:
        reach(read_address(url), allowed=settings.WEBHOOK_PRIVATE)
    except RefusedAddress as refusal:
        return str(refusal)
    return ""


def _problem_with_events(events: Sequence[str]) -> str:
    known = ", ".join(EVENTS)
    if not events:
        return f"given none, accepted are one or more of {known}."
    strange = next((name for name in events if name not in EVENTS), None)
    return "" if strange is None else f"given {strange[:40]!r}, accepted are {known}."
