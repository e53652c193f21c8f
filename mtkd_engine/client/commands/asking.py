"""Asking a job's student where a video shows what a sentence says."""

from __future__ import annotations

import argparse
from pathlib import Path

from mtkd_engine.client.commands.given import Commands, add_place, client_of, identifier, length
from mtkd_engine.client.commands.telling import cell, complain, output, print_json, table_of
from mtkd_engine.client.errors import RefusedError
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.outcomes import FAILED, OK

_OF_FEATURES = ("fps", "duration", "video")


def add(commands: Commands) -> None:
    """This will add the command."""
    parser = commands.add_parser("predict", help="ask a job's student about a video")
    parser.add_argument("id", type=identifier, metavar="ID", help="a job that succeeded")
    parser.add_argument("--query", required=True, metavar="SENTENCE", help="what to look for")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--features", type=Path, metavar="FILE", help=".npy, .npz or HDF5 of the video")
    place.add_argument("--row", type=int, metavar="N", help="a sample of the job's dataset, by its row")
    parser.add_argument("--fps", type=float, help="rows of features a second")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="of the video, instead of --fps")
    parser.add_argument("--video", metavar="NAME", help="which one of a file with several")
    parser.add_argument("--timeout", type=length, metavar="TIME", help="wait no longer than this")
    parser.add_argument("--json", action="store_true", help="write the answer to standard output as JSON")
    add_place(parser)
    parser.set_defaults(command=_predict)


def _predict(given: argparse.Namespace) -> int:
    of_features = {name: getattr(given, name) for name in _OF_FEATURES if getattr(given, name) is not None}
    if given.features is None and of_features:
        raise RefusedError(f"--{next(iter(of_features))}: given beside --row, accepted is beside --features.")
    with client_of(given) as client:
        if given.features is None:
            asked = client.ask(given.id, given.query, row=given.row)
        else:
            asked = client.ask(given.id, given.query, features=given.features, **of_features)
        found = client.wait_for_prediction(asked, seconds=given.timeout)
    if found.state != "answered":
        complain(found.error or f"The question was {found.state}.")
        return FAILED
    if given.json:
        print_json(found.answer)
        return OK
    answer = (found.answer or {})["answers"][0]
    table = table_of("start", "end", "score", right=("start", "end", "score"))
    for window in answer["windows"]:
        table.add_row(*(cell(window[name]) for name in ("start", "end", "score")))
    output().print(table)
    if unknown := answer["unknown_words"]:
        complain(f"The student does not know {', '.join(map(harmless, unknown))}.")
    return OK
