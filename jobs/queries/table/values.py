"""Numbers, times and lengths of time as the query language spells them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(%|k|M|G)?")
_SCALES = {"%": 0.01, "k": 1e3, "M": 1e6, "G": 1e9, None: 1.0}
_SPAN = re.compile(r"(\d{1,6})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST_DAYS = 36_500


class QueryError(ValueError):
    """A query cannot be read: one sentence in `sentence`, the place of the mistake from 1 in `at`."""

    def __init__(self, sentence: str, *, at: int) -> None:
        super().__init__(f"{sentence} (at character {at}).")
        self.sentence = str(self)
        self.at = at


def number(text: str, key: str, at: int) -> float:
    """This will read a number such as 0.4, 1e6, 40%, 250k or 1.5M."""
    found = _NUMBER.fullmatch(text)
    value = float(found.group(1)) * _SCALES[found.group(2)] if found else math.nan
    if not math.isfinite(value):
        raise QueryError(
            f"given {text[:40]!r} for {key[:60]}, accepted is a number such as 0.4, 40% or 1e6", at=at
        )
    if found is not None and found.group(2) == "%":
        value = float(f"{value:.15g}")  # 0.01 is none that binary fractions have
    return value


def moments(text: str, key: str, at: int) -> tuple[datetime, datetime]:
    """This will read a day or a moment in UTC: its beginning, and the first moment that is behind it."""
    try:
        start = datetime.fromisoformat(text)
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        length = timedelta(days=1) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else timedelta(microseconds=1)
        return start.astimezone(UTC), start.astimezone(UTC) + length
    except (ValueError, OverflowError):
        raise QueryError(
            f"given {text[:40]!r} for {key}, accepted is a day or a time in UTC such as 2026-01-31 or "
            "2026-01-31T18:00",
            at=at,
        ) from None


def span(text: str, key: str, now: datetime, at: int) -> datetime:
    """This will read a length such as 90m, 12h, 30d or 2w and give the moment so long before `now`."""
    found = _SPAN.fullmatch(text)
    length = timedelta(**{_UNITS[found.group(2)]: int(found.group(1))}) if found else None
    if length is None or length > timedelta(days=LONGEST_DAYS):
        raise QueryError(
            f"given {text[:40]!r} for {key}, accepted is a length such as 90m, 12h, 30d or 2w", at=at
        )
    return now - length
