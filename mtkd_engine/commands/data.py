"""The commands `check` and `make-data`: what comes from outside, and what is made up."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtkd_engine.commands.given import add_pulse, add_split, count, heed_pulse, refusing_models
from mtkd_engine.loading import loading

TASKS = ("grounding", "classification", "segmentation", "saliency")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the commands to those of a parser."""
    check = commands.add_parser("check", help="check what a user hands in; prints a JSON report")
    kinds = check.add_subparsers(required=True, metavar="KIND")
    _add_dataset(kinds.add_parser("dataset", help="check a dataset, and seal it where asked to"))
    _add_teacher(kinds.add_parser("teacher", help="check a teacher file"))

    _add_make_data(commands.add_parser("make-data", help="generate the little world with exact truth"))


def _add_make_data(make: argparse.ArgumentParser) -> None:
    make.add_argument("--out", type=Path, required=True, help="folder to write")
    make.add_argument("--task", choices=TASKS, default="grounding")
    make.add_argument(
        "--train", type=count, help="videos, images, clips or pictures for training (240, 2000, 180 or 400)"
    )
    make.add_argument("--val", type=count, help="the same for validation (40, 400, 60 or 100)")
    make.add_argument("--test", type=count, help="the same for testing (80, 800, 120 or 200)")
    make.add_argument("--seed", type=int, default=0)
    labelled = make.add_argument_group("tasks classification, segmentation and saliency")
    labelled.add_argument(
        "--form",
        choices=("parquet", "folders", "videos", "features"),
        default="parquet",
        help="images as a table or in folders; clips as videos, or features of clips; videos that people looked at",
    )
    labelled.add_argument("--difficulty", type=float, default=0.5, help="noise and misleading cues, 0 to 1")
    labelled.add_argument("--size", type=count, default=32, help="pixels a side of images")
    labelled.add_argument(
        "--classes", type=count, help="classes of images, 2 to 10 (10); of masks 3 to 5 (5)"
    )
    labelled.add_argument("--frames", type=count, default=24, help="frames of clips, or rows of features")
    make.set_defaults(command=_make_data)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="folder, archive, annotation file or Parquet file")
    parser.add_argument("--name", help="name in the report and in the sealed dataset")
    parser.add_argument("--format", default="auto", help="format of the annotations; found out if not given")
    parser.add_argument("--words", type=Path, help="word vectors as a GloVe text file")
    parser.add_argument("--accept", help="repairs to make, by name with commas; with it the rest is decided")
    parser.add_argument("--seal", type=Path, help="folder to write the sealed dataset to")
    parser.add_argument("--work", type=Path, help="folder for what another call can go on with")
    _add_watched(parser)
    parser.set_defaults(command=_check_dataset)


def _add_teacher(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help=".safetensors model, or .jsonl, .npz or .parquet predictions")
    parser.add_argument("--card", type=Path, help="JSON model card of a file without one in its header")
    parser.add_argument("--dataset", type=Path, help="dataset to measure on; predictions need theirs")
    add_split(parser, default="val", what="split to measure on")
    parser.add_argument("--seal", type=Path, help="folder to write the sealed teacher to")
    parser.add_argument(
        "--outcomes",
        type=Path,
        help="file for what it says of each sample, to find partners by; not for task grounding",
    )
    _add_watched(parser)
    parser.set_defaults(command=_check_teacher)


def _add_watched(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, help="file for the report instead of the standard output")
    parser.add_argument("--progress", type=Path, help="small JSON file that says how far it is")
    add_pulse(parser)


def _check_dataset(given: argparse.Namespace) -> int:
    with loading():
        from mtkd_engine.data.check.command import check_dataset_command

    heed_pulse(given)
    return check_dataset_command(given)


def _check_teacher(given: argparse.Namespace) -> int:
    from mtkd_engine.modelfile.early import refuse_early

    heed_pulse(given)
    with refusing_models():
        refuse_early(given.path)
    with loading():
        from mtkd_engine.teachers.check import check_teacher_command

    return check_teacher_command(given)


def _make_data(given: argparse.Namespace) -> int:
    several = {name: getattr(given, name) for name in ("train", "val", "test")}
    stated = {name: number for name, number in several.items() if number is not None}
    make = _make_world
    if given.task == "classification":
        make = _make_clips if given.form in ("videos", "features") else _make_images
    elif given.task == "segmentation":
        make = _make_masks
    elif given.task == "saliency":
        make = _make_gaze
    print(json.dumps(make(given, stated)))
    return 0


def _make_world(given: argparse.Namespace, stated: dict[str, int]) -> dict[str, Any]:
    from mtkd_engine.data.world import VideosPerSplit, make_world

    return make_world(given.out, videos=VideosPerSplit(**stated), seed=given.seed)


def _make_images(given: argparse.Namespace, stated: dict[str, int]) -> dict[str, Any]:
    from mtkd_engine.data.images.world import ImagesPerSplit, make_images

    return make_images(
        given.out,
        images=ImagesPerSplit(**stated),
        size=given.size,
        classes=10 if given.classes is None else given.classes,
        difficulty=given.difficulty,
        seed=given.seed,
        form=given.form,
    )


def _make_masks(given: argparse.Namespace, stated: dict[str, int]) -> dict[str, Any]:
    from mtkd_engine.data.masks.drawing import CLASSES
    from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks

    return make_masks(
        given.out,
        pictures=PicturesPerSplit(**stated),
        size=given.size,
        classes=len(CLASSES) if given.classes is None else given.classes,
        difficulty=given.difficulty,
        seed=given.seed,
    )


def _make_gaze(given: argparse.Namespace, stated: dict[str, int]) -> dict[str, Any]:
    from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze, make_gaze_videos

    if given.form == "videos":
        few = LookedAtPerSplit(24, 8, 12)
        return make_gaze_videos(
            given.out,
            videos=replace(few, **stated),
            frames=given.frames,
            difficulty=given.difficulty,
            seed=given.seed,
        )
    return make_gaze(
        given.out,
        pictures=LookedAtPerSplit(**stated),
        size=given.size,
        difficulty=given.difficulty,
        seed=given.seed,
    )


def _make_clips(given: argparse.Namespace, stated: dict[str, int]) -> dict[str, Any]:
    from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips

    return make_clips(
        given.out,
        clips=ClipsPerSplit(**stated),
        frames=given.frames,
        difficulty=given.difficulty,
        seed=given.seed,
        form=given.form,
    )
