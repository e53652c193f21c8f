"""Filters for tables of groups."""

from __future__ import annotations

from django import template

from jobs.comparisons import Compared
from jobs.queries.groups import Member
from webapp.templatetags.site import signed

register = template.Library()


def plain(value: float) -> str:
    """This will write a number with one decimal, and a sign only below zero."""
    text = f"{value:.1f}"
    return text.replace("-", "−") if float(text) else "0.0"


@register.filter
def scaled(value: float | None, scale: float) -> str:
    """This will write a share in percent with one decimal, anything else as it is with three."""
    if value is None:
        return "–"
    return plain(scale * value) if scale != 1 else f"{value:.3f}".replace("-", "−")


@register.filter
def gained(value: float, scale: float) -> str:
    """This will write a difference with its sign, times what its metric is shown by."""
    return signed(scale * value)


@register.filter
def judged(difference: Compared) -> str:
    """This will tell a decided difference from one that is not: above, below or open."""
    if not difference.is_decided:
        return "open"
    return "above" if difference.mean > 0 else "below"


@register.filter
def value_at(member: Member, metric: str) -> float | None:
    """This will read one metric of a job."""
    return member.metrics.get(metric)


@register.filter
def state_of(member: Member) -> str:
    """This will say a job's state, and what is asked of it and not done yet."""
    return "cancelling" if member.is_cancelling else member.state
