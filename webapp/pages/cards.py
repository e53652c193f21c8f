"""What the engine's report says of a dataset or teacher, laid out for its card.

Reports of older registrations hold less: what they lack is left out, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.models import Dataset, RegistrationKind, Teacher, TeacherKind
from jobs.operations.fitting import is_without_features
from jobs.queries.kinds import (
    CLASSIFICATION,
    GAZE,
    GAZE_VIDEO,
    GROUNDING,
    MASKS,
    held_by,
    is_dense,
)
from mtkd_engine.spec.measures import GROUNDING as GROUNDING_MEASURES
from mtkd_engine.spec.measures import Measures, measures_of
from webapp.pages.classifier import conversion_of, input_words, measured_of
from webapp.pages.dense import blind_words, left_out_words, overlap_rows, pixel_rows
from webapp.pages.result_details import is_number
from webapp.plots import histograms, positions, quality_bars
from webapp.templatetags.site import bytesize

SPLITS = ("train", "val", "test")
DENSE = (MASKS, GAZE, GAZE_VIDEO)
COUNTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    GROUNDING: (("samples", "Samples"), ("videos", "Videos"), ("sources", "Sources"), ("windows", "Windows")),
    "images": (("samples", "Samples"), ("classes", "Classes"), ("sources", "Sources")),
    "clips": (
        *(("samples", "Samples"), ("classes", "Classes"), ("sources", "Sources")),
        *(("frames", "Frames"), ("seconds", "Seconds")),
    ),
    "features": (("samples", "Samples"), ("classes", "Classes"), ("sources", "Sources"), ("frames", "Rows")),
    MASKS: (("samples", "Images"), ("sources", "Sources"), ("classes", "Classes shown")),
    GAZE: (
        *(("samples", "Images"), ("sources", "Sources")),
        *(("fixations", "Fixations"), ("viewers", "Viewers"), ("maps", "Maps")),
    ),
    GAZE_VIDEO: (
        *(("samples", "Videos"), ("sources", "Sources"), ("frames", "Frames"), ("seconds", "Seconds")),
        *(("fixations", "Fixations"), ("viewers", "Viewers"), ("maps", "Maps")),
    ),
}
"""What is counted of each split, with titles, by what samples are."""
FORMATS = {
    "activitynet": "ActivityNet Captions",
    "charades_sta": "Charades-STA",
    "tacos": "TACoS",
    "qvhighlights": "QVHighlights",
    "class_folders": "folders of classes",
    "parquet": "Parquet",
    "ucf101": "UCF101",
    "hmdb51": "HMDB51",
    "clip_table": "table of clips",
    "video_list": "list of videos",
    "frame_list": "list of frame folders",
    "video_folders": "folders of classes",
    "feature_arrays": "arrays of features",
    "mask_folders": "images with masks",
    "fixation_table": "table of fixations",
    "gaze_pictures": "maps of saliency",
}
MOST_CLASSES = 200
RANK = {"error": 0, "warning": 1, "note": 2}


def dataset_card(dataset: Dataset) -> dict[str, Any]:
    """This will return what the report says of a dataset, for the template of its card."""
    report = dataset.report
    told = report.get("statistics") or {}
    words = (told.get("vocabulary") or {}).get("top") or []
    most = max((count for _, count in words), default=1)
    held = GROUNDING if dataset.task == GROUNDING else held_by(dataset)
    columns = counted_in(report, held)
    return {
        "columns": [title for _, title in columns],
        "splits": _splits(report.get("splits") or {}, [key for key, _ in columns]),
        "facts": _dataset_facts(report),
        "classes": class_rows(report)[:MOST_CLASSES],
        "pixels": pixel_rows(report),
        "class_count": len(report.get("classes") or []),
        "annotations_only": held == GROUNDING and is_without_features(dataset),
        "problems": shown_problems(report),
        "repairs": _accepted(report),
        "split_made": bool(report.get("split_made")),
        "histograms": histograms(told, held=held),
        "positions": positions(told),
        "words": [(word, count, 100 * count / most) for word, count in words],
        "vocabulary": told.get("vocabulary") or {},
        "origin": origin_of(dataset),
    }


def teacher_card(teacher: Teacher) -> dict[str, Any]:
    """This will return what the report says of a teacher, for the template of its card."""
    report = teacher.report
    coverage = _coverage(report.get("coverage") or {})
    return {
        "facts": _teacher_facts(report),
        "problems": shown_problems(report),
        "origin": origin_of(teacher),
        "quality": quality_of(report, measures_of({"task": teacher.task})),
        "blind": blind_words(teacher),
        "class_rows": overlap_rows(report),
        "measured": measured_of(report),
        "conversion": conversion_of(report),
        "own_metrics": _own_metrics(
            (report.get("card") or {}).get("metrics") or {}, measures_of({"task": teacher.task})
        ),
        "coverage": coverage,
        "unused": _unused(teacher, coverage),
        "unknown": report.get("unknown") or {},
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


def origin_of(source: Dataset | Teacher) -> dict[str, Any]:
    """This will say where the bytes came from: a path, uploaded files, or a job."""
    origin = source.origin
    files = origin.get("files") or origin.get("uploads") or []
    return {
        "path": origin.get("path") or "",
        "registration": source.registrations.exclude(kind=RegistrationKind.MEASUREMENT)
        .values_list("pk", flat=True)
        .first(),
        "files": [
            {
                "name": file.get("name", ""),
                "size": file.get("size", file.get("bytes")),
                "sha256": file.get("sha256", ""),
            }
            for file in files
            if isinstance(file, Mapping)
        ],
    }


def quality_of(report: Mapping[str, Any], measures: Measures = GROUNDING_MEASURES) -> dict[str, Any] | None:
    """This will lay out a teacher's measures beside those of the blind baseline, None where none were taken."""
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


def headline_of(teacher: Teacher) -> str:
    """This will name a teacher's best known measure in a few words, for lists, and who says so if nobody measured."""
    report, measures = teacher.report, measures_of({"task": teacher.task})
    told = report.get("quality") or {}
    share = (told.get("metrics") or {}).get(measures.headline)
    if is_number(share):
        return f"{100 * share:.1f} % {measures.title} on {told.get('split', 'val')}"
    share = ((report.get("card") or {}).get("metrics") or {}).get(f"test/{measures.headline}")
    return f"{100 * share:.1f} % {measures.title} on test, as its card says" if is_number(share) else ""


def shown_problems(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will list what was found and not mended, the gravest first; older reports hold bare sentences."""
    found = [
        problem if isinstance(problem, Mapping) else {"severity": "warning", "message": str(problem)}
        for problem in report.get("problems") or []
    ]
    accepted = {repair["name"] for repair in report.get("repairs") or [] if repair.get("accepted")}
    remaining = [dict(problem) for problem in found if problem.get("repair") not in accepted]
    return sorted(remaining, key=lambda problem: RANK.get(problem.get("severity", ""), 3))


def _accepted(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"title": repair.get("title") or repair.get("name", ""), "count": repair.get("count", 0)}
        for repair in report.get("repairs") or []
        if isinstance(repair, Mapping) and repair.get("accepted")
    ]


def counted_in(report: Mapping[str, Any], held: str) -> tuple[tuple[str, str], ...]:
    """This will name what is counted of each split of a dataset with titles; of dense ones only what there is."""
    columns = COUNTS.get(held, COUNTS["images"])
    if held not in DENSE:
        return columns
    splits = (report.get("splits") or {}).values()
    return tuple((key, title) for key, title in columns if any(split.get(key) for split in splits))


def class_rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will lay out the classes of a dataset: name, samples of each split, and a bar of train."""
    counts = report.get("class_counts") or {}
    by_split = [counts.get(split) or [] for split in SPLITS]
    most = max((count for split in by_split for count in split), default=1) or 1
    return [
        {"number": number, "name": name, "counts": several, "share": 100 * several[0] / most}
        for number, (name, *several) in enumerate(zip(report.get("classes") or [], *by_split, strict=False))
    ]


def _splits(
    known: Mapping[str, Mapping[str, float]], columns: Sequence[str]
) -> list[tuple[str, list[int | None]]]:
    rows: list[tuple[str, list[int | None]]] = [
        (name, [_whole(known[name].get(count)) for count in columns]) for name in SPLITS if name in known
    ]
    if len(rows) > 1:
        # Splits share no video and no source, so the sums count none twice; classes are the same ones.
        found = zip(columns, zip(*(counts for _, counts in rows), strict=True), strict=True)
        sums = [
            None if None in values or column == "classes" else sum(count or 0 for count in values)
            for column, values in found
        ]
        rows.append(("all", sums))
    return rows


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _dataset_facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = report.get("word_vectors") or {}
    videos = report.get("feature_videos")
    width = f"{report['feature_width']} wide" if report.get("feature_width") else ""
    facts = [
        ("Format", FORMATS.get(str(report.get("format")), str(report.get("format") or ""))),
        ("Size", bytesize(report["bytes"]) if isinstance(report.get("bytes"), int) else ""),
        (
            "Features",
            f"{width}, of {videos:,} videos" if width and videos else clip_features(report) or width,
        ),
        (
            "Word vectors",
            f"{words.get('width')} wide, for {words.get('words', 0):,} of {words.get('vocabulary', 0):,} words"
            if words
            else "",
        ),
        ("Playable", f"{report['playable']:,} videos" if report.get("playable") else ""),
        *image_facts(report),
    ]
    return [(name, value) for name, value in facts if value]


def clip_features(report: Mapping[str, Any]) -> str:
    """This will say how wide and how long the features of clips are, "" for any other dataset."""
    if report.get("data") != "features" or not report.get("feature_width"):
        return ""
    return f"{report['feature_width']:,} wide, up to {report.get('longest', 0):,} rows a clip"


def image_facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """This will say of a dataset how many classes it has, what images it is made of, how even it is, what it lacks."""
    told = report.get("statistics") or {}
    kinds = sorted((told.get("kinds") or {}).items(), key=lambda pair: -pair[1])
    balance = told.get("balance") or {}
    return [
        ("Classes", f"{len(report['classes']):,}" if report.get("classes") else ""),
        ("Images", ", ".join(f"{count:,} {kind}" for kind, count in kinds)),
        ("Balance in train", _balance(balance.get("largest"), balance.get("smallest"))),
        ("Fixations left out", left_out_words(told)),
    ]


def _balance(largest: Mapping[str, Any] | None, smallest: Mapping[str, Any] | None) -> str:
    if not largest or not smallest:
        return ""
    most, least = largest["samples"], smallest["samples"]
    if most == least:
        return f"{most:,} of each class"
    return f"{smallest['name']} {least:,} to {largest['name']} {most:,}, 1 : {most / least:.1f}"


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
