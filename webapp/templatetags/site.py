"""Tags and filters of the site's templates."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import Job
from mtkd_engine.spec.measures import measures_of, title_of

register = template.Library()


@register.filter
def headline_title(job: Job) -> str:
    """This will name what `headline` gives."""
    return title_of(measures_of(job.spec).told)


@register.filter
def percent(share: float) -> str:
    """This will write a share in percent."""
    return f"{100 * share:.1f} %"


@register.filter
def moment(value: datetime | None) -> SafeString:
    """This will write a time that the browser turns into the reader's own clock."""
    if value is None:
        return SafeString("–")
    return format_html(
        '<local-time><time datetime="{}">{} UTC</time></local-time>',
        value.isoformat(),
        value.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def share_done(job: Job) -> int:
    """This will give a job's progress in percent."""
    if job.state == "succeeded":
        return 100
    return min(100, 100 * job.step // job.total_steps) if job.total_steps else 0


@register.filter
def headline(job: Job) -> float | None:
    """This will give what lists say of a job's result: what its task is told by, of its student on test, in percent."""
    share = ((job.result or {}).get("metrics") or {}).get(measures_of(job.spec).told)
    return 100 * share if isinstance(share, int | float) else None


@register.filter
def signed(value: float) -> str:
    """This will write a difference with its sign, a real minus and one decimal."""
    text = f"{value:+.1f}"
    return text.replace("-", "−") if float(text) else "±0.0"


@register.filter
def bytesize(size: int) -> str:
    """This will write a size as the page's scripts do: in units of 1000."""
    value, units = float(size), ["kB", "MB", "GB", "TB"]
    if size < 1000:
        return f"{size} bytes"
    for unit in units:
        value /= 1000
        if value < 1000 or unit == units[-1]:
            break
    return f"{value:.1f} {unit}"


@register.filter
def thousands(count: int) -> str:
    """This will write a whole number with a comma between its thousands."""
    return f"{count:,}" if isinstance(count, int) else str(count)


@register.filter
def in_order(splits: dict[str, Any]) -> list[tuple[str, Any]]:
    """This will give what is known of train, val and test in this order, which the database forgets."""
    return [(name, splits[name]) for name in ("train", "val", "test") if name in splits]


@register.filter
def sentence(text: str) -> str:
    """This will begin a sentence with a capital, unless its first word is a name such as clip.npz."""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+[ ,]", text) else text


@register.filter
def short_hash(value: str) -> str:
    """This will shorten a hash to what people compare."""
    return value[:12]


@register.filter
def lookup(mapping: dict[str, Any], key: str) -> Any:
    """This will read one key of a mapping whose keys templates cannot spell."""
    return mapping.get(key, "") if isinstance(mapping, dict) else ""


@register.filter
def described(field: BoundField) -> BoundField:
    """This will tie an input to its help and its error for those who cannot see them."""
    ids = [f"{field.auto_id}-help"] if field.help_text else []
    if field.errors:
        ids.append(f"{field.auto_id}-error")
        field.field.widget.attrs["aria-invalid"] = "true"
    if ids:
        field.field.widget.attrs["aria-describedby"] = " ".join(ids)
    return field
