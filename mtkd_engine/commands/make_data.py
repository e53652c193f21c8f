"""The command `make-data`: little worlds with exact truth, one for each kind of samples."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mtkd_engine.commands.given import RefusedError, count

_COUNTS = ("train", "val", "test")
_OPTIONS = ("size", "classes", "difficulty", "frames")

Report = dict[str, Any]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the command to those of a parser."""
    make = commands.add_parser("make-data", help="generate the little world with exact truth")
    make.add_argument("--out", type=Path, required=True, help="folder to write")
    make.add_argument("--task", choices=tuple(_KINDS), default="grounding")
    make.add_argument(
        "--form",
        choices=tuple(dict.fromkeys(form for kinds in _KINDS.values() for form in kinds)),
        help="the first of its task if not given; "
        + "; ".join(f"{task}: {', '.join(kinds)}" for task, kinds in _KINDS.items()),
    )
    make.add_argument(
        "--train",
        type=count,
        help="how many for training (240 videos to search, 2000 images, 180 clips, 400 pictures with masks, "
        "300 pictures or 24 videos that people looked at)",
    )
    make.add_argument("--val", type=count, help="the same for validation (40, 400, 60, 100, 60, 8)")
    make.add_argument("--test", type=count, help="the same for testing (80, 800, 120, 200, 120, 12)")
    make.add_argument("--seed", type=int, default=0)
    make.add_argument(
        "--difficulty", type=float, help="noise and misleading cues, 0 to 1 (0.5); not of grounding"
    )
    make.add_argument("--size", type=count, help="pixels a side of images and pictures (32)")
    make.add_argument("--classes", type=count, help="classes of images, 2 to 10 (10); of masks 3 to 5 (5)")
    make.add_argument(
        "--frames",
        type=count,
        help="frames of clips (of features: rows) and of videos that people looked at (24)",
    )
    make.set_defaults(command=_make_data)


def _make_data(given: argparse.Namespace) -> int:
    kinds = _KINDS[given.task]
    form = next(iter(kinds)) if given.form is None else given.form
    if form not in kinds:
        raise RefusedError(f"--form: given {form}, accepted for {given.task} is {' or '.join(kinds)}.")
    kind = kinds[form]
    options = _stated(given, _OPTIONS)
    for name, value in options.items():
        if name not in kind.takes:
            takes = " and ".join(f"--{one}" for one in kind.takes) or "none of that kind"
            raise RefusedError(
                f"--{name}: given {value}, which nothing would heed; accepted for {given.task} in the form {form}: "
                f"{takes}."
            )
    print(json.dumps(kind.make(_stated(given, _COUNTS), out=given.out, seed=given.seed, **options)))
    return 0


def _stated(given: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """What was given of some options; what was not is left to who makes the data."""
    return {name: value for name in names if (value := getattr(given, name)) is not None}


def _make_world(counts: dict[str, int], **named: Any) -> Report:
    from mtkd_engine.data.world import VideosPerSplit, make_world

    return make_world(videos=VideosPerSplit(**counts), **named)


def _make_images(counts: dict[str, int], **named: Any) -> Report:
    from mtkd_engine.data.images.world import ImagesPerSplit, make_images

    return make_images(images=ImagesPerSplit(**counts), **named)


def _make_clips(counts: dict[str, int], **named: Any) -> Report:
    from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips

    return make_clips(clips=ClipsPerSplit(**counts), **named)


def _make_masks(counts: dict[str, int], **named: Any) -> Report:
    from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks

    return make_masks(pictures=PicturesPerSplit(**counts), **named)


def _make_gaze(counts: dict[str, int], **named: Any) -> Report:
    from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze

    return make_gaze(pictures=LookedAtPerSplit(**counts), **named)


def _make_gaze_videos(counts: dict[str, int], **named: Any) -> Report:
    from mtkd_engine.data.gaze.world import FILMS, make_gaze_videos

    return make_gaze_videos(videos=replace(FILMS, **counts), **named)


class _Kind(NamedTuple):
    """What makes one kind of data, of so many in each split, and the options it takes."""

    make: Callable[..., Report]
    takes: tuple[str, ...]


def _images(form: str) -> _Kind:
    return _Kind(partial(_make_images, form=form), ("size", "classes", "difficulty"))


def _clips(form: str) -> _Kind:
    return _Kind(partial(_make_clips, form=form), ("frames", "difficulty"))


_KINDS = {
    "grounding": {"videos": _Kind(_make_world, ())},
    "classification": {form: _images(form) for form in ("parquet", "folders")}
    | {form: _clips(form) for form in ("videos", "features")},
    "segmentation": {"folders": _Kind(_make_masks, ("size", "classes", "difficulty"))},
    "saliency": {
        "folders": _Kind(_make_gaze, ("size", "difficulty")),
        "videos": _Kind(_make_gaze_videos, ("frames", "difficulty")),
    },
}
"""By task, then by form; the first form of a task is what it has when none is given."""
