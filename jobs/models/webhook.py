"""Webhooks: addresses that are told what happened, and what came of each message."""

from __future__ import annotations

from django.db import models

from jobs.models.access import Project, User


class Webhook(models.Model):
    """An address that gets messages of a project, signed with its secret, and with the previous one while rotating.

    `off_reason` says in a sentence why it was turned off, empty where a person did.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    events = models.JSONField(default=list)
    secret = models.CharField(max_length=100)
    previous_secret = models.CharField(max_length=100, blank=True, default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    is_on = models.BooleanField(default=True)
    off_reason = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"webhook {self.pk} to {self.url}"


class DeliveryState(models.TextChoices):
    """waiting -> delivered | failed."""

    WAITING = "waiting", "waiting"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"


class Delivery(models.Model):
    """One message to one webhook; `message_id` is the same for a redelivery, so that receivers may know it again.

    `body` is exactly what is sent and signed. `status` and `answer` are what the last try brought, `trouble` why
    it brought none.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=64)
    event = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")
    trouble = models.TextField(blank=True, default="")
    seconds = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("next_at",), condition=models.Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=("webhook", "-id"), name="delivery_of_webhook"),
        )

    def __str__(self) -> str:
        return f"{self.event} to webhook {self.webhook_id}: {self.state}"
