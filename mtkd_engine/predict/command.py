"""The command `predict`: one JSON object for one video and one sentence or several."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtkd_engine.data.errors import DataError
from mtkd_engine.modelfile import load_model, student_file
from mtkd_engine.predict.asking import ask
from mtkd_engine.predict.video import Video, read_video
from mtkd_engine.spec import GroundingCard

EXTRACTOR_UNKNOWN = (
    "The student does not know which extractor made its features: features must come from the same extractor as the "
    "training data's."
)


def predict_command(given: argparse.Namespace) -> int:
    """This will answer what the command line asks, as JSON on the standard output or in the file of `--report`."""
    found = predict(
        given.student,
        features=given.features,
        queries=given.query,
        video=given.video,
        duration=given.duration,
        fps=given.fps,
        top=given.top,
        piece=given.window,
    )
    text = json.dumps(found, indent=2)
    if given.report is None:
        print(text)
    else:
        given.report.write_text(text, encoding="utf-8")
    return 0


def predict(
    student: Path,
    *,
    features: Path,
    queries: Sequence[str],
    video: str | None = None,
    duration: float | None = None,
    fps: float | None = None,
    top: int = 5,
    piece: float | None = None,
) -> dict[str, Any]:
    """This will answer sentences about the video of a feature file, with notes that a person should read.

    `piece` is the length in seconds that longer videos are cut to; by default that of the longest video that the
    student learnt from, and none where that is unknown. Raises DataError and ModelError.
    """
    if piece is not None and not (math.isfinite(piece) and piece > 0):
        raise DataError(f"window: given {piece:g}, accepted is a number of seconds above 0.")
    model, card = load_model(student_file(student))
    seen = read_video(features, video=video, duration=duration, fps=fps)
    seconds = piece if piece is not None else card.longest_video
    answers = ask(model, card, seen, queries, top=top, seconds=seconds)
    return {
        "video": {"duration": seen.duration, "rows": len(seen.rows_TD), "width": int(seen.rows_TD.shape[1])},
        "student": {
            "family": card.net.family,
            "clips": card.net.clips,
            "extractor": card.extractor,
            "longest_video": card.longest_video,
        },
        "piece": seconds if seconds is not None and seen.duration > seconds else None,
        "notes": notes(card, seen, seconds=seconds),
        "answers": [asdict(answer) for answer in answers],
    }


def notes(card: GroundingCard, video: Video, *, seconds: float | None) -> list[str]:
    """This will say what a reader of the answers must know."""
    said = []
    if card.extractor is None:
        said.append(EXTRACTOR_UNKNOWN)
    else:
        said.append(f"Features must come from {card.extractor}.")
    if seconds is None:
        said.append(
            "The student does not know how long its training videos were, so the video was taken whole; the moments "
            "of one that is much longer are found in windows of a stated length."
        )
    elif video.duration > seconds:
        said.append(
            f"The video has {video.duration:,.1f} s and was looked at in windows of {seconds:,.1f} s that overlap by "
            "half; a longer moment is not found."
        )
    return said
