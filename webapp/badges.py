"""Badges: small pictures for a README, shown to whoever has the address, which carries a key of what it is about."""

from __future__ import annotations

import hmac
import math
import unicodedata
from dataclasses import dataclass

from django.utils.crypto import salted_hmac
from django.utils.html import format_html

GOOD, BAD, CALM, WAITING = "#1a7f37", "#b3261e", "#57606a", "#8a5a00"
LONGEST = 60
_KEY_DIGITS = 32
_PADDING = 6.0
_NARROW, _WIDE = frozenset("!'(),./:;I[]fijlrt| "), frozenset("@MWmw%")


@dataclass(frozen=True, kw_only=True)
class Badge:
    """What a badge says: on the left of what, on the right which, and in which colour."""

    label: str
    value: str
    colour: str


def key_of(subject: str) -> str:
    """This will give the key that opens the badges of a subject, such as `job:3`, and of no other."""
    digest = salted_hmac("mtkd.badge", subject, algorithm="sha256").hexdigest()
    return digest[:_KEY_DIGITS]


def opens(key: str, subject: str) -> bool:
    """This will tell whether a key is that of a subject."""
    return hmac.compare_digest(key.encode(), key_of(subject).encode())


def drawn(badge: Badge) -> str:
    """This will draw a badge as an SVG that needs nothing else."""
    label, value = _shown(badge.label), _shown(badge.value)
    left, right = _width(label), _width(value)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="20" viewBox="0 0 {all} 20" role="img" '
        'aria-label="{label}: {value}"><title>{label}: {value}</title>'
        '<clipPath id="r"><rect width="{all}" height="20" rx="4"/></clipPath>'
        '<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#24292f"/>'
        '<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        '<text x="{middle}" y="14" textLength="{label_width}" lengthAdjust="spacingAndGlyphs">{label}</text>'
        '<text x="{other}" y="14" textLength="{value_width}" lengthAdjust="spacingAndGlyphs">{value}</text></g></svg>',
        all=left + right,
        left=left,
        right=right,
        colour=badge.colour,
        label=label,
        value=value,
        middle=f"{left / 2:g}",
        other=f"{left + right / 2:g}",
        label_width=f"{left - 2 * _PADDING:g}",
        value_width=f"{right - 2 * _PADDING:g}",
    )


def number(value: float) -> str:
    """This will write a metric in few digits: 0.4213, 12,340, 1.2e-05."""
    if value.is_integer() and abs(value) < 1e12:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def _shown(text: str) -> str:
    """What XML has no place for goes, and what would turn the writing around or take no room."""
    kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text).strip() or "?"
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 1]}…"


def _width(text: str) -> int:
    """About as wide as Verdana of 11 pixels draws it; the drawing is fitted to this."""
    return math.ceil(2 * _PADDING + sum(map(_width_of, text)))


def _width_of(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 11.0
    return 4.2 if char in _NARROW else 10.5 if char in _WIDE else 7.0
