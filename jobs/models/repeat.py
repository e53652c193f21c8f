"""Requests that may be sent again: what was answered under an idempotency key."""

from __future__ import annotations

from django.db import models

from jobs.models.access import User


class KeyedCall(models.Model):
    """A call with an idempotency key and its answer, written in the transaction that did what was asked.

    `asked` is a keyed sha256 of method, address and body, which may hold a password. A call that was
    refused, or broke, leaves no row.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="key_once_per_user"),)
        indexes = (models.Index(fields=("created_at",), name="keyed_call_by_age"),)

    def __str__(self) -> str:
        return f"{self.key} of user {self.user_id}"
