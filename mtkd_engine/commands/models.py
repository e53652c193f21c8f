"""The commands `evaluate`, `profile`, `predict` and `export`: what can be done with a trained model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mtkd_engine.commands.given import (
    RefusedError,
    add_pulse,
    add_split,
    add_student,
    count,
    heed_pulse,
    refuse_device,
    refusing_models,
)
from mtkd_engine.loading import loading


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the commands to those of a parser."""
    evaluate = commands.add_parser("evaluate", help="measure a model file on a dataset")
    evaluate.add_argument("--model", type=Path, required=True, help=".safetensors file")
    evaluate.add_argument("--data", type=Path, required=True, help="dataset folder")
    add_split(evaluate)
    evaluate.set_defaults(command=_evaluate)

    _add_profile(commands.add_parser("profile", help="measure what a model costs; prints JSON"))
    _add_predict(
        commands.add_parser("predict", help="ask a student where a video shows what a sentence says")
    )

    export = commands.add_parser("export", help="write a student as safetensors, ONNX and a card for people")
    add_student(export)
    export.add_argument("--out", type=Path, required=True, help="folder to write to")
    export.add_argument("--data", type=Path, help="dataset whose test samples the ONNX file is compared on")
    export.set_defaults(command=_export)


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", type=Path, required=True, help=".safetensors file, or folder of a sealed teacher"
    )
    parser.add_argument(
        "--data", type=Path, help="dataset folder whose lengths count; needed for grounding models alone"
    )
    add_split(parser)
    parser.add_argument("--runs", type=count, default=50, help="forward passes that are timed")
    parser.add_argument("--threads", type=count, default=1, help="CPU threads")
    parser.add_argument("--device", default="cpu", help="torch device")
    parser.set_defaults(command=_profile)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    add_student(parser)
    parser.add_argument("--features", type=Path, required=True, help=".npy, .npz or HDF5 with feature rows")
    parser.add_argument("--video", help="which one, where the file holds several")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--duration", type=float, help="seconds that the rows cover")
    length.add_argument("--fps", type=float, help="rows per second")
    parser.add_argument(
        "--query", action="append", required=True, help="a sentence; may be given several times"
    )
    parser.add_argument("--top", type=count, default=5, help="windows for each sentence")
    parser.add_argument(
        "--window",
        type=float,
        help="seconds that a longer video is looked at at once; else known from training",
    )
    parser.add_argument("--report", type=Path, help="file for the answer instead of the standard output")
    add_pulse(parser)
    parser.set_defaults(command=_predict)


def _evaluate(given: argparse.Namespace) -> int:
    from mtkd_engine.data.task import task_of
    from mtkd_engine.teachers.check import evaluate_model
    from mtkd_engine.teachers.classification.evaluate import evaluate_classifier
    from mtkd_engine.teachers.dense.evaluate import evaluate_dense

    by_task = {
        "classification": evaluate_classifier,
        "segmentation": evaluate_dense,
        "saliency": evaluate_dense,
    }
    with refusing_models():
        measure = by_task.get(task_of(given.data), evaluate_model)
        print(json.dumps(measure(given.model, data=given.data, split=given.split)))
    return 0


def _profile(given: argparse.Namespace) -> int:
    import torch

    from mtkd_engine.profile import profile_file
    from mtkd_engine.teachers.load import teacher_file

    refuse_device(given.device)
    torch.set_num_threads(given.threads)
    with refusing_models():
        path = teacher_file(given.model)
        cost = profile_file(path, data=given.data, split=given.split, runs=given.runs, device=given.device)
    print(json.dumps(cost))
    return 0


def _predict(given: argparse.Namespace) -> int:
    with loading():
        from mtkd_engine.predict.command import predict_command

    heed_pulse(given)
    with refusing_models():
        return predict_command(given)


def _export(given: argparse.Namespace) -> int:
    from mtkd_engine.export import OnnxDiffersError
    from mtkd_engine.export.command import export_command

    try:
        with refusing_models():
            paths = export_command(given.student, out=given.out, data=given.data)
    except OnnxDiffersError as error:
        raise RefusedError(str(error)) from None
    print(json.dumps([str(path) for path in paths]))
    return 0
