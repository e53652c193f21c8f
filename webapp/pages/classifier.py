"""What a report says of a classifier: how it was converted, how good it is split by split and class by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.nouns import noun_of_card
from webapp.pages.cards import MOST_CLASSES

SPLITS = ("val", "test", "train")
KEPT_FROM = {
    "network": "the network",
    "files": "files but its own",
    "processes": "other processes",
    "privileges": "privileges",
    "memory": "more memory than allowed",
    "time": "more time than allowed",
}


def conversion_of(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """This will lay out what became of the tensors of a checkpoint, None where nothing was converted."""
    told = report.get("conversion")
    if not told:
        return None
    held = told.get("held") or {}
    counts = [
        ("Renamed", len(told.get("renamed") or [])),
        ("Added", len(told.get("added") or [])),
        ("Left out", len(told.get("unexpected") or [])),
        ("Other type", len(told.get("converted") or [])),
        ("Not tensors", len(told.get("ignored") or [])),
    ]
    return {
        "found_under": told.get("found_under", ""),
        "prefix": told.get("prefix", ""),
        "tensors": told.get("tensors"),
        "renamed": told.get("renamed") or [],
        "added": told.get("added") or [],
        "unexpected": told.get("unexpected") or [],
        "converted": told.get("converted") or [],
        "ignored": told.get("ignored") or [],
        "counts": counts,
        "held": [(words, ", ".join(held[what])) for what, words in KEPT_FROM.items() if held.get(what)],
        "unheld": [words for what, words in KEPT_FROM.items() if held and not held.get(what)],
    }


def measured_of(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """This will lay out what a classifier was measured at, in percent, None where it was not or is none."""
    told = (report.get("quality") or {}).get("splits")
    if report.get("task") != "classification" or not told:
        return None
    shown = "test" if "test" in told else next(iter(told))
    return {
        "rows": [_row(name, told[name]) for name in SPLITS if name in told],
        "split": shown,
        "noun": noun_of_card(report.get("card") or {}),
        "classes": [_class(row) for row in (told[shown].get("classes") or [])[:MOST_CLASSES]],
        "class_count": len(told[shown].get("classes") or []),
        "is_worse": any(
            told[name]["metrics"]["top1"] <= told[name]["blind"]["top1"] for name in SPLITS if name in told
        ),
        "temperature": (report.get("card") or {}).get("temperature"),
    }


def _row(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    metrics = told["metrics"]
    return {
        "split": name,
        "samples": told["samples"],
        "top1": 100 * metrics["top1"],
        "top5": 100 * metrics["top5"],
        "ece": 100 * metrics["ece"],
        "nll": metrics["nll"],
        "blind": 100 * told["blind"]["top1"],
    }


def _class(row: Mapping[str, Any]) -> dict[str, Any]:
    recall, precision = row.get("recall"), row.get("precision")
    return {
        "name": row["name"],
        "samples": row["samples"],
        "recall": None if recall is None else 100 * recall,
        "precision": None if precision is None else 100 * precision,
    }


def input_words(card: Mapping[str, Any]) -> str:
    """This will say what a model reads, "" for a card of grounding."""
    reads = card.get("input") or {}
    kind = reads.get("kind")
    if kind == "features":
        return f"features {reads['width']:,} wide, up to {reads['frames']:,} rows"
    if kind == "streams":
        return f"compressed stream, {counted(reads['segments'], 'segment')}, {reads['size']} px"
    if not reads:
        return ""
    numbers = " / ".join(", ".join(f"{number:.4g}" for number in reads[name]) for name in ("mean", "std"))
    seen = f"{counted(reads['frames'], 'frame')}, " if kind in ("clip", "film") else ""
    size = f"{reads['size']} px" if "size" in reads else f"{reads['width']} × {reads['height']} px"
    colour = "grey" if len(reads["mean"]) == 1 else "colour"
    return f"{seen}{size}, {colour}, mean / spread {numbers}"


def counted(count: int, noun: str) -> str:
    """This will write so many of something."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
