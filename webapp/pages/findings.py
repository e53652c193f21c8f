"""What the engine's report says of a registration, arranged for its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.models import Registration, RegistrationState
from jobs.queries.kinds import GROUNDING as OF_MOMENTS
from mtkd_engine.spec.measures import GROUNDING
from mtkd_engine.spec.measures import MEASURES as MEASURED
from webapp.forms.sources import FORMATS
from webapp.nouns import CLIP, IMAGE, VIDEO, noun_of
from webapp.pages.classifier import conversion_of, measured_of
from webapp.pages.dataset_card import DENSE, clip_features, counted_in, image_facts
from webapp.pages.dense import pixel_rows
from webapp.templatetags.registrations import counted
from webapp.templatetags.site import bytesize

ORDER = ("train", "val", "test")
SEVERITIES = (("error", "Errors"), ("warning", "Warnings"), ("note", "Notes"))
MEASURES = (
    ("duration", "Video length", "s"),
    ("window_seconds", "Window length", "s"),
    ("window_share", "Window length, share of the video", "%"),
    ("words", "Words of a sentence", ""),
    ("queries_per_video", "Sentences of a video", ""),
    ("windows_per_query", "Windows of a sentence", ""),
    ("frames", "{moments} of {noun}", ""),
    ("seconds", "Length of {noun}", "s"),
    ("rate", "Frames a second", ""),
    ("fixations", "Fixations of {noun}", ""),
    ("viewers", "Viewers of {noun}", ""),
    ("shorter_side", "Shorter side of {noun}", "px"),
    ("aspect", "Width of {noun} by its height", ""),
    ("kilobytes", "Size of a file", "kB"),
)
FORMS = {"windows": "scored windows", "span": "start and end of each clip", "map": "2-D maps"}
MISMATCHES = {"missing": "is missing", "unexpected": "is not part of it", "shape": "shape", "dtype": "type"}


@dataclass(frozen=True)
class Group:
    """The problems of one severity."""

    severity: str
    title: str
    problems: list[dict[str, Any]]


@dataclass(frozen=True)
class Moment:
    """A window, in seconds and as places on a bar of 100 units."""

    start: float
    end: float
    left: float
    width: float


def findings(registration: Registration) -> dict[str, Any]:
    """This will give the templates of a registration what they show of its report."""
    report: dict[str, Any] = registration.report or {}
    problems = _problems(report)
    decides = registration.state == RegistrationState.WAITING
    others = [problem for problem in problems if not (decides and problem.get("repair"))]
    held = _held(report)
    columns = counted_in(report, held)
    return {
        "facts": _facts(report),
        "columns": [title for _, title in columns],
        "splits": [
            (name, [round(split.get(key, 0)) for key, _ in columns])
            for name, split in _by_split(report.get("splits"))
        ],
        "held": held,
        "has_classes": held not in (OF_MOMENTS, *DENSE),
        "is_dense": held in DENSE,
        "pixels": pixel_rows(report),
        "split_made": report.get("split_made", False),
        "coverage": list(_by_split(report.get("coverage"))),
        "unknown": report.get("unknown") or {},
        "quality": _quality(report.get("quality"), task=str(report.get("task"))),
        "problem_count": len(others),
        "groups": _grouped(others),
        "repairs": _repairs(report, problems),
        "measures": _measures(report.get("statistics") or {}, held=held),
        "vocabulary": (report.get("statistics") or {}).get("vocabulary") or {},
        "samples": [_sample(sample) for sample in _list(report.get("samples"))],
        "conversion": conversion_of(report),
        "measured": measured_of(report),
        "tensors": (report.get("tensors") or {}).get("first") or [],
        "tensor_count": (report.get("tensors") or {}).get("count") or 0,
        "mismatch": [_mismatch(row) for row in report.get("mismatch") or []],
    }


def _held(report: Mapping[str, Any]) -> str:
    """What the samples of a dataset are: moments in videos where nothing else is said."""
    is_pictured = report.get("kind") == "dataset" and report.get("task") not in (None, OF_MOMENTS)
    return str(report.get("data") or "images") if is_pictured else OF_MOMENTS


def _list(given: object) -> list[Any]:
    """Of predictions the samples are only counted."""
    return given if isinstance(given, list) else []


def _by_split(given: object) -> Iterable[tuple[str, Any]]:
    known = given if isinstance(given, Mapping) else {}
    return ((name, known[name]) for name in ORDER if name in known)


def _facts(report: dict[str, Any]) -> list[tuple[str, str]]:
    words = report.get("word_vectors") or {}
    kind = {
        "model": "model",
        "onnx": "ONNX program",
        "predictions": FORMS.get(report.get("form", ""), "predictions"),
    }
    facts = [
        ("Format", _format(str(report.get("format") or ""))),
        ("Teacher", kind.get(report.get("kind", ""), "")),
        ("Family", str(report.get("family", ""))),
        ("Parameters", counted(report["parameters"]) if "parameters" in report else ""),
        ("Samples", counted(report["samples"]) if isinstance(report.get("samples"), int) else ""),
        ("Features", _features(report)),
        ("Word vectors", _words(words)),
        ("Playable videos", counted(report["playable"]) if report.get("playable") else ""),
        *image_facts(report),
        ("Files", _files(report.get("files") or [])),
        ("Size", bytesize(report["bytes"]) if report.get("bytes") else ""),
        ("Content hash", str(report.get("content_hash") or "")),
    ]
    return [(name, value) for name, value in facts if value]


def _format(name: str) -> str:
    return dict(FORMATS).get(name, name.replace("_", " "))


def _features(report: dict[str, Any]) -> str:
    if _held(report) != OF_MOMENTS or report.get("kind") != "dataset":
        return clip_features(report)
    width = report.get("feature_width")
    if width is None:
        return "none: jobs that need features cannot use it"
    return f"{counted(width)} wide, of {counted(report.get('feature_videos', 0))} videos"


def _words(words: dict[str, Any]) -> str:
    if not words:
        return ""
    known = (
        f"{counted(words.get('words', 0))} of {counted(words['vocabulary'])}" if "vocabulary" in words else ""
    )
    return f"{words.get('width')} wide" + (f", {known} words known" if known else "")


def _files(files: list[dict[str, Any]]) -> str:
    names = ", ".join(str(file.get("name")) for file in files[:4])
    return f"{names} and {len(files) - 4:,} more" if len(files) > 4 else names


def _quality(quality: dict[str, Any] | None, *, task: str) -> dict[str, Any] | None:
    if not quality:
        return None
    metrics, blind = quality.get("metrics") or {}, quality.get("blind") or {}
    rows = [
        (title, 100 * metrics[key], 100 * blind[key] if key in blind else None)
        for key, title in MEASURED.get(task, GROUNDING).columns
        if isinstance(metrics.get(key), int | float)
    ]
    return {"split": quality.get("split"), "samples": quality.get("samples"), "rows": rows}


def _problems(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Reports on teachers may name a problem by its sentence alone."""
    return [
        problem if isinstance(problem, dict) else {"severity": "warning", "message": str(problem)}
        for problem in report.get("problems") or []
    ]


def _grouped(problems: list[dict[str, Any]]) -> list[Group]:
    groups = (
        Group(severity, title, [problem for problem in problems if problem.get("severity") == severity])
        for severity, title in SEVERITIES
    )
    return [group for group in groups if group.problems]


def _repairs(report: dict[str, Any], problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Repairs with the problems that each of them mends; needed and accepted ones come ticked."""
    return [
        {
            **repair,
            "ticked": bool(repair.get("needed") or repair.get("accepted")),
            "mends": [problem for problem in problems if problem.get("repair") == repair.get("name")],
        }
        for repair in report.get("repairs") or []
    ]


def _measures(statistics: dict[str, Any], *, held: str) -> list[dict[str, Any]]:
    rows = []
    noun = {IMAGE: "an image", CLIP: "a clip", VIDEO: "a video"}[noun_of(held)]
    words = {"noun": noun, "moments": "Rows" if held == "features" else "Frames"}
    for key, title, unit in MEASURES:
        found = statistics.get(key) or {}
        mean, median = found.get("mean") or {}, found.get("median") or {}
        cells = [(_short(mean.get(name), unit), _short(median.get(name), unit)) for name in ORDER]
        if any(both != ("–", "–") for both in cells):
            rows.append({"title": title.format(**words), "cells": cells})
    return rows


def _short(value: object, unit: str) -> str:
    if not isinstance(value, int | float):
        return "–"
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:,.1f} {unit}".strip()


def _sample(sample: dict[str, Any]) -> dict[str, Any]:
    duration = float(sample.get("duration") or 0.0)
    moments = [
        Moment(
            start=start,
            end=end,
            left=100 * start / duration if duration else 0.0,
            width=max(1.0, 100 * (end - start) / duration) if duration else 0.0,
        )
        for start, end in sample.get("windows") or []
    ]
    return {**sample, "moments": moments}


def _mismatch(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "what": MISMATCHES.get(row.get("what", ""), row.get("what", ""))}
