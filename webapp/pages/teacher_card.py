"""What the engine's report says of a teacher, laid out for its card and for lists.

Reports of older registrations hold less: what they lack is left out, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.models import Teacher, TeacherKind
from jobs.operations.fitting import is_without_features
from jobs.queries.kinds import CLASSIFICATION, is_dense
from jobs.queries.samples import SPLITS
from mtkd_engine.spec.measures import Measures, measures_of
from webapp.pages.cards import origin_of, shown_problems
from webapp.pages.classifier import conversion_of, input_words, measured_of
from webapp.pages.dense import blind_words, overlap_rows
from webapp.pages.result_details import is_number
from webapp.plots import quality_bars
from webapp.templatetags.site import bytesize


def teacher_card(teacher: Teacher) -> dict[str, Any]:
    """This will return what the report says of a teacher, for the template of its card."""
    report, measures = teacher.report, measures_of({"task": teacher.task})
    coverage = _coverage(report.get("coverage") or {})
    return {
        "facts": _teacher_facts(report),
        "problems": shown_problems(report),
        "origin": origin_of(teacher),
        "quality": _quality(report, measures),
        "blind": blind_words(teacher),
        "class_rows": overlap_rows(report),
        "measured": measured_of(report),
        "conversion": conversion_of(report),
        "own_metrics": _own_metrics((report.get("card") or {}).get("metrics") or {}, measures),
        "coverage": coverage,
        "unused": _unused(teacher, coverage),
        "unknown": report.get("unknown") or {},
    }


def headline_of(teacher: Teacher) -> str:
    """This will name a teacher's best known measure in a few words, for lists, and who says so if nobody measured."""
    report, measures = teacher.report, measures_of({"task": teacher.task})
    told = report.get("quality") or {}
    share = (told.get("metrics") or {}).get(measures.headline)
    if is_number(share):
        return f"{100 * share:.1f} % {measures.title} on {told.get('split', 'val')}"
    share = ((report.get("card") or {}).get("metrics") or {}).get(f"test/{measures.headline}")
    return f"{100 * share:.1f} % {measures.title} on test, as its card says" if is_number(share) else ""


def _quality(report: Mapping[str, Any], measures: Measures) -> dict[str, Any] | None:
    """Its measures beside those of the blind baseline, None where none were taken."""
    told = report.get("quality") or {}
    own, blind = told.get("metrics") or {}, told.get("blind") or {}
    rows = [
        (title, float(own[key]), float(blind[key]) if key in blind else None)
        for key, title in measures.columns
        if isinstance(own.get(key), int | float)
    ]
    if not rows:
        return None
    return {
        "split": told.get("split", ""),
        "samples": told.get("samples"),
        "rows": [
            {"title": title, "own": 100 * value, "blind": None if bar is None else 100 * bar}
            | {"gain": None if bar is None else 100 * (value - bar)}
            for title, value, bar in rows
        ],
        "is_worse": own.get(measures.headline, 0) < blind.get(measures.headline, 0),
        "plot": quality_bars(rows),
    }


def _unused(teacher: Teacher, coverage: list[dict[str, Any]]) -> str:
    """What to say of a teacher that has taught in no job: why it cannot, or where it can."""
    if any(row["covered"] < row["of"] for row in coverage):
        return "It cannot teach: jobs need predictions for all samples of train, val and test."
    dataset = teacher.dataset
    if is_dense(teacher.task):
        return f"It has not taken part yet: choose it in a job of task {teacher.task} with method mutual or partition."
    if teacher.task == CLASSIFICATION:
        return "It has not taught yet: choose it in a job of task classification."
    if teacher.kind == TeacherKind.PREDICTIONS and dataset and is_without_features(dataset):
        return (
            f"It has not taught yet: choose it in a job with method aggregate, which has no student. {dataset.label} "
            "was registered without features, and every student reads them."
        )
    return "It has not taught yet: choose it in a job with method emtm, or with method aggregate, which has no student."


def _teacher_facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    card = report.get("card") or {}
    forms = {"windows": "scored windows", "span": "scores of start and end", "map": "maps of start by end"}
    facts = [
        ("Architecture", _architecture(card.get("net") or {}) or str(report.get("family") or "")),
        ("Parameters", f"{report['parameters']:,}" if "parameters" in report else ""),
        ("Predictions", forms.get(str(report.get("form")), str(report.get("form") or ""))),
        ("Samples", f"{report['samples']:,}" if isinstance(report.get("samples"), int) else ""),
        ("Size", bytesize(report["bytes"]) if isinstance(report.get("bytes"), int) else ""),
        ("Feature width", str(card.get("feature_width", ""))),
        ("Vocabulary", f"{len(card['vocabulary']):,} words" if "vocabulary" in card else ""),
        ("Classes", f"{len(card['classes']):,}" if "classes" in card else ""),
        ("Input", input_words(card)),
        ("Temperature", f"{card['temperature']:.3g}" if "temperature" in card else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _architecture(net: Mapping[str, Any]) -> str:
    """The family first: the database forgets the order of keys; networks inside it stand in brackets."""
    sizes = ", ".join(
        f"{key.replace('_', ' ')} {_size(value)}" for key, value in net.items() if key != "family"
    )
    return f"{net['family']}: {sizes}" if "family" in net else sizes


def _size(value: object) -> str:
    if isinstance(value, Mapping) and "family" in value:
        return f"({_architecture(value)})"
    return "none" if value is None else str(value)


def _own_metrics(metrics: Mapping[str, float], measures: Measures) -> list[tuple[str, float]]:
    """What the model's own card claims, in percent; nobody has measured it here."""
    return [
        (f"{title} on {split}", 100 * metrics[f"{split}/{key}"])
        for split in ("val", "test")
        for key, title in measures.columns
        if is_number(metrics.get(f"{split}/{key}"))
    ]


def _coverage(known: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [
        {
            "split": name,
            "covered": known[name].get("covered", 0),
            "of": known[name].get("of", 0),
            "share": 100 * known[name].get("covered", 0) / max(1, known[name].get("of", 0)),
        }
        for name in SPLITS
        if name in known
    ]
