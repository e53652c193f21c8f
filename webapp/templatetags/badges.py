"""Badges on pages of members: the picture, and the Markdown that puts it into a README."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse

from jobs.models import Baseline, Job
from webapp.badges import key_of

register = template.Library()


@register.inclusion_tag("badges/_snippet.html", takes_context=True)
def job_badge(context: Context, job: Job, metric: str = "") -> dict[str, Any]:
    """This will show the badge of a job with its Markdown."""
    address = reverse("badge-of-job", args=[job.pk])
    page = reverse("job", args=[job.pk])
    return _snippet(context, f"job {job.pk}", address, page=page, key=key_of(f"job:{job.pk}"), metric=metric)


@register.inclusion_tag("badges/_snippet.html", takes_context=True)
def baseline_badge(context: Context, baseline: Baseline, metric: str = "") -> dict[str, Any]:
    """This will show the badge of a baseline with its Markdown."""
    slug = baseline.project.slug
    address = reverse("badge-of-baseline", args=[slug, baseline.name])
    key = key_of(f"baseline:{slug}/{baseline.name}")
    page = reverse("job", args=[baseline.job_id])
    return _snippet(context, baseline.name, address, page=page, key=key, metric=metric)


def _snippet(
    context: Context, label: str, address: str, *, page: str, key: str, metric: str
) -> dict[str, Any]:
    request = context["request"]
    asked = urlencode({**({"metric": metric} if metric else {}), "key": key})
    whole = request.build_absolute_uri(f"{address}?{asked}")
    return {
        "address": f"{address}?{asked}",
        "label": f"Badge of {label}",
        "markdown": f"[![{label}]({whole})]({request.build_absolute_uri(page)})",
    }
