"""The command `check`: what comes from outside."""

from __future__ import annotations

import argparse
from pathlib import Path

from mtkd_engine.commands.given import add_pulse, add_split, heed_pulse, refusing_models
from mtkd_engine.loading import loading


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the command to those of a parser."""
    check = commands.add_parser("check", help="check what a user hands in; prints a JSON report")
    kinds = check.add_subparsers(required=True, metavar="KIND")
    _add_dataset(kinds.add_parser("dataset", help="check a dataset, and seal it where asked to"))
    _add_teacher(kinds.add_parser("teacher", help="check a teacher file"))


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
