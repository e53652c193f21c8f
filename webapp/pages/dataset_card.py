"""What the engine's report says of a dataset, laid out for its card.

Reports of older registrations hold less: what they lack is left out, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.models import Dataset
from jobs.operations.fitting import is_without_features
from jobs.queries.kinds import GAZE, GAZE_VIDEO, GROUNDING, MASKS, held_by
from jobs.queries.samples import SPLITS
from webapp.pages.cards import MOST_CLASSES, origin_of, shown_problems
from webapp.pages.dense import left_out_words, pixel_rows
from webapp.plots import histograms, positions
from webapp.templatetags.site import bytesize

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


def _balance(largest: Mapping[str, Any] | None, smallest: Mapping[str, Any] | None) -> str:
    if not largest or not smallest:
        return ""
    most, least = largest["samples"], smallest["samples"]
    if most == least:
        return f"{most:,} of each class"
    return f"{smallest['name']} {least:,} to {largest['name']} {most:,}, 1 : {most / least:.1f}"


def _accepted(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"title": repair.get("title") or repair.get("name", ""), "count": repair.get("count", 0)}
        for repair in report.get("repairs") or []
        if isinstance(repair, Mapping) and repair.get("accepted")
    ]
