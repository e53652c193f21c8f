"""What the REST API takes and gives about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from jobs.models import Delivery, DeliveryState, Webhook
from jobs.operations.webhooks import EVENTS
from jobs.outgoing.addresses import LONGEST
from webapp.api.shapes import StrictShape

TOLD = tuple(str(said) for said in EVENTS)


class WebhookShape(serializers.Serializer[Any]):
    """An address that is told what happens in a project; its secret is shown when it is made and when it is rotated.

    `off_reason` says why it is off where no person turned it off; until `rotating_until` messages are signed with the
    previous secret, too.
    """

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    url = serializers.CharField(read_only=True)
    events = serializers.ListField(child=serializers.CharField(), read_only=True)
    is_on = serializers.BooleanField(read_only=True)
    off_reason = serializers.CharField(read_only=True)
    rotating_until = serializers.SerializerMethodField()
    created_by = serializers.CharField(
        source="created_by.username", read_only=True, default=None, allow_null=True
    )
    created_at = serializers.DateTimeField(read_only=True)

    def get_rotating_until(self, webhook: Webhook) -> datetime | None:
        """This will give the end of a rotation that goes on."""
        until = webhook.previous_until
        return until if until is not None and until > timezone.now() else None


class WebhookWithSecretShape(WebhookShape):
    """A webhook and its new secret, which is not shown again."""

    secret = serializers.CharField(read_only=True)


class AskedWebhookShape(StrictShape):
    """A webhook to make; without `events` it is told of all of them."""

    url = serializers.CharField(max_length=LONGEST)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=TOLD), required=False, min_length=1, max_length=100
    )


class WebhookChangeShape(StrictShape):
    """What to change about a webhook; what is missing stays."""

    url = serializers.CharField(max_length=LONGEST, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=TOLD), required=False, min_length=1, max_length=100
    )
    is_on = serializers.BooleanField(required=False)


class DeliveryShape(serializers.Serializer[Any]):
    """One message: `status` and `answer` (its first 1024 bytes) are what the last try brought, `trouble` why it failed.

    `next_at` is when it is tried next, while it waits.
    """

    id = serializers.IntegerField(read_only=True)
    message_id = serializers.CharField(read_only=True)
    event = serializers.CharField(read_only=True)
    body = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(choices=DeliveryState.choices, read_only=True)
    tries = serializers.IntegerField(read_only=True)
    next_at = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(read_only=True)
    ended_at = serializers.DateTimeField(read_only=True, allow_null=True)
    status = serializers.IntegerField(read_only=True, allow_null=True)
    answer = serializers.CharField(read_only=True)
    trouble = serializers.CharField(read_only=True)
    seconds = serializers.FloatField(read_only=True, allow_null=True)

    def get_next_at(self, delivery: Delivery) -> datetime | None:
        """This will give the time of the next try."""
        return delivery.next_at if delivery.state == DeliveryState.WAITING else None


def with_secret(webhook: Webhook, secret: str) -> dict[str, Any]:
    """This will give a webhook with the secret that was just made."""
    return {**WebhookShape(webhook).data, "secret": secret}
