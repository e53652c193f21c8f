"""Webhooks of a project: who is told what, and the log of what was sent."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jobs.models import Project, Webhook
from jobs.operations.deliveries import deliver_again, deliver_test
from jobs.operations.errors import UnableToChange, UnableToDeliver
from jobs.operations.webhook_settings import change_webhook, create_webhook, delete_webhook, rotate_secret
from jobs.operations.webhooks import EVENTS
from jobs.queries.webhooks import list_deliveries, list_webhooks
from webapp.access import delivery_or_404, project_or_404, user_of, webhook_or_404
from webapp.forms.refusals import show_refusal
from webapp.forms.webhook import WebhookForm

PAGE = 30


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """This will list a project's webhooks, and make a new one whose secret is shown this once."""
    project = project_or_404(request, slug)
    form = WebhookForm(request.POST if request.method == "POST" else None, initial={"events": list(EVENTS)})
    if form.is_valid():
        try:
            made, secret = create_webhook(project=project, user=user_of(request), **form.cleaned_data)
        except UnableToChange as refusal:
            show_refusal(form, refusal)
        else:
            return _one(request, project, made, secret=secret)
    context = {"project": project, "webhooks": list_webhooks(project), "form": form}
    return render(request, "webhooks/list.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """This will show a webhook and what was sent to it, and change it."""
    found = webhook_or_404(request, slug, webhook_id)
    if request.method != "POST":
        return _one(request, found.project, found)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            change_webhook(webhook=found, user=user_of(request), **form.cleaned_data)
        except UnableToChange as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "The webhook was changed.")
            return redirect("webhook", slug, webhook_id)
    return _one(request, found.project, found, form=form)


@require_POST
def switch(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """This will turn a webhook on or off."""
    wanted = request.POST.get("on") == "yes"
    change_webhook(webhook=webhook_or_404(request, slug, webhook_id), user=user_of(request), is_on=wanted)
    return redirect("webhook", slug, webhook_id)


@never_cache
@require_POST
def rotation(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """This will make a new secret and show it this once."""
    found = webhook_or_404(request, slug, webhook_id)
    _, secret = rotate_secret(webhook=found, user=user_of(request))
    found.refresh_from_db()
    return _one(request, found.project, found, secret=secret)


@require_POST
def test(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """This will send a message that says nothing but that it is a test."""
    found = webhook_or_404(request, slug, webhook_id)
    try:
        deliver_test(webhook=found, user=user_of(request))
        messages.success(request, "A test message is on its way; a worker sends it within seconds.")
    except UnableToDeliver as refusal:
        messages.error(request, refusal.message)
    return redirect("webhook", slug, webhook_id)


@require_POST
def redelivery(request: HttpRequest, slug: str, webhook_id: int, delivery_id: int) -> HttpResponse:
    """This will send a message again."""
    found = delivery_or_404(request, slug, webhook_id, delivery_id)
    try:
        deliver_again(delivery=found, user=user_of(request))
        messages.success(request, f"Message {found.message_id} is on its way again.")
    except UnableToDeliver as refusal:
        messages.error(request, refusal.message)
    return redirect("webhook", slug, webhook_id)


@require_POST
def deletion(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    """This will delete a webhook with the log of what was sent to it."""
    delete_webhook(webhook=webhook_or_404(request, slug, webhook_id), user=user_of(request))
    messages.success(request, "The webhook is deleted.")
    return redirect("webhooks", slug)


def _one(
    request: HttpRequest,
    project: Project,
    found: Webhook,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = list_deliveries(found)
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    sent = list(rows[: PAGE + 1])
    rotating = found.previous_until is not None and found.previous_until > timezone.now()
    context = {
        "project": project,
        "webhook": found,
        "form": form or WebhookForm(initial={"url": found.url, "events": found.events}),
        "secret": secret,
        "rotating": rotating,
        "deliveries": sent[:PAGE],
        "older": sent[PAGE - 1].pk if len(sent) > PAGE else None,
    }
    return render(request, "webhooks/webhook.html", context, status=422 if form is not None else 200)
