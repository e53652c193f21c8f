"""What models knew between them before they taught each other, for the page of their job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.templatetags.site import signed


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """Two models, in words; shares are in percent of the samples of validation."""

    first: str
    second: str
    only_first: str
    only_second: str
    both: str
    neither: str
    most: str
    interval: str


def before_context(result: Mapping[str, Any]) -> dict[str, Any]:
    """This will lay out what each pair knew, the most promising first, as the engine says it."""
    pairs = result.get("complement") or []
    return {
        "pairs_before": [
            PairRow(
                first=pair["first"],
                second=pair["second"],
                only_first=_share(pair["first_only"]),
                only_second=_share(pair["second_only"]),
                both=_share(pair["both"]),
                neither=_share(pair["neither"]),
                most=signed(100 * pair["gain"]["mean"]),
                interval=f"{signed(100 * pair['gain']['low'])} to {signed(100 * pair['gain']['high'])}",
            )
            for pair in pairs
        ],
        "pairs_samples": pairs[0]["samples"] if pairs else 0,
        "pairs_have_neither": any(pair["neither"] is not None for pair in pairs),
    }


def _share(value: Mapping[str, float] | None) -> str:
    return "–" if value is None else f"{100 * value['mean']:.1f}"
