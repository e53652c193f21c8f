"""Webhooks over REST: who is told what, and what became of each message."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import DeliveryState
from jobs.operations.deliveries import deliver_again, deliver_test
from jobs.operations.webhook_settings import change_webhook, create_webhook, delete_webhook, rotate_secret
from jobs.queries.webhooks import list_deliveries, list_webhooks
from webapp.access import delivery_or_404, project_or_404, user_of, webhook_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.paging import PAGED, listed, of_query
from webapp.api.webhook_shapes import (
    AskedWebhookShape,
    DeliveryShape,
    WebhookChangeShape,
    WebhookShape,
    WebhookWithSecretShape,
    with_secret,
)

SHOWN_ONCE = {"Cache-Control": "no-store"}


@extend_schema(
    methods=["GET"],
    parameters=[*PAGED],
    responses={200: WebhookShape(many=True), **refusals(400, 403, 404)},
    operation_id="list_webhooks",
    tags=["webhooks"],
)
@extend_schema(
    methods=["POST"],
    request=AskedWebhookShape,
    responses={201: WebhookWithSecretShape, **refusals(400, 403, 404)},
    operation_id="create_webhook",
    tags=["webhooks"],
)
@api_view(["GET", "POST"])
def webhooks(request: Request, slug: str) -> Response:
    """List a project's webhooks, or make one; its secret is in the answer, this once."""
    project = project_or_404(request, slug)
    if request.method == "GET":
        found = of_query(request, list_webhooks(project), order=("id",))
        return listed(request, found, WebhookShape(found.rows, many=True).data)
    shape = AskedWebhookShape(data=request.data)
    shape.is_valid(raise_exception=True)
    made, secret = create_webhook(project=project, user=user_of(request), **shape.validated_data)
    return Response(with_secret(made, secret), status=status.HTTP_201_CREATED, headers=SHOWN_ONCE)


@extend_schema(
    methods=["GET"],
    responses={200: WebhookShape, **refusals(403, 404)},
    operation_id="read_webhook",
    tags=["webhooks"],
)
@extend_schema(
    methods=["PATCH"],
    request=WebhookChangeShape,
    responses={200: WebhookShape, **refusals(400, 403, 404)},
    operation_id="change_webhook",
    tags=["webhooks"],
)
@extend_schema(
    methods=["DELETE"],
    responses={204: None, **refusals(403, 404)},
    operation_id="delete_webhook",
    tags=["webhooks"],
)
@api_view(["GET", "PATCH", "DELETE"])
def webhook(request: Request, slug: str, webhook_id: int) -> Response:
    """Read a webhook, change it, turn it on or off, or delete it with all its messages."""
    found = webhook_or_404(request, slug, webhook_id)
    if request.method == "DELETE":
        delete_webhook(webhook=found, user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
    if request.method == "PATCH":
        shape = WebhookChangeShape(data=request.data)
        shape.is_valid(raise_exception=True)
        found = change_webhook(webhook=found, user=user_of(request), **shape.validated_data)
    return Response(WebhookShape(found).data)


@extend_schema(
    request=None,
    responses={200: WebhookWithSecretShape, **refusals(403, 404)},
    operation_id="rotate_webhook_secret",
    tags=["webhooks"],
)
@api_view(["POST"])
def rotation(request: Request, slug: str, webhook_id: int) -> Response:
    """Make a new secret; for 24 hours messages are signed with the previous one, too."""
    found = webhook_or_404(request, slug, webhook_id)
    rotated, secret = rotate_secret(webhook=found, user=user_of(request))
    return Response(with_secret(rotated, secret), headers=SHOWN_ONCE)


@extend_schema(
    request=None,
    responses={201: DeliveryShape, **refusals(403, 404, 409)},
    operation_id="test_webhook",
    tags=["webhooks"],
)
@api_view(["POST"])
def test(request: Request, slug: str, webhook_id: int) -> Response:
    """Send a message of type `test`; a worker sends it within seconds."""
    found = webhook_or_404(request, slug, webhook_id)
    made = deliver_test(webhook=found, user=user_of(request))
    return Response(DeliveryShape(made).data, status=status.HTTP_201_CREATED)


@extend_schema(
    parameters=[OpenApiParameter("state", str, enum=DeliveryState.values), *PAGED],
    responses={200: DeliveryShape(many=True), **refusals(400, 403, 404)},
    operation_id="list_webhook_deliveries",
    tags=["webhooks"],
)
@api_view(["GET"])
def deliveries(request: Request, slug: str, webhook_id: int) -> Response:
    """List the messages to a webhook of the last 30 days, newest first."""
    found = webhook_or_404(request, slug, webhook_id)
    state = query.text(request, "state", default="")
    if state and state not in DeliveryState.values:
        accepted = ", ".join(DeliveryState.values)
        raise ValidationError({"state": f"given {state[:40]!r}, accepted is one of {accepted}."})
    page = of_query(request, list_deliveries(found, state=state), order=("-id",))
    return listed(request, page, DeliveryShape(page.rows, many=True).data)


@extend_schema(
    request=None,
    responses={201: DeliveryShape, **refusals(403, 404, 409)},
    operation_id="redeliver_webhook_message",
    tags=["webhooks"],
)
@api_view(["POST"])
def redelivery(request: Request, slug: str, webhook_id: int, delivery_id: int) -> Response:
    """Send a message again, under its own message id."""
    found = delivery_or_404(request, slug, webhook_id, delivery_id)
    made = deliver_again(delivery=found, user=user_of(request))
    return Response(DeliveryShape(made).data, status=status.HTTP_201_CREATED)
