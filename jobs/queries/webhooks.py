"""Looking at webhooks and at what was sent to them."""

from __future__ import annotations

from django.db.models import QuerySet

from jobs.models import Delivery, Project, Webhook


def list_webhooks(project: Project) -> QuerySet[Webhook]:
    """This will list the webhooks of a project, oldest first."""
    return Webhook.objects.filter(project=project).select_related("project", "created_by").order_by("pk")


def find_webhook(*, project: Project, webhook_id: int) -> Webhook | None:
    """This will find one webhook of a project."""
    return list_webhooks(project).filter(pk=webhook_id).first()


def list_deliveries(webhook: Webhook, *, state: str = "") -> QuerySet[Delivery]:
    """This will list what was sent to a webhook and what waits, newest first; `state` is a DeliveryState, or empty."""
    rows = Delivery.objects.filter(webhook=webhook).order_by("-pk")
    return rows.filter(state=state) if state else rows


def find_delivery(*, webhook: Webhook, delivery_id: int) -> Delivery | None:
    """This will find one message of a webhook."""
    return Delivery.objects.select_related("webhook").filter(webhook=webhook, pk=delivery_id).first()
