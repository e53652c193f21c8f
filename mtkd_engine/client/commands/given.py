"""What several commands take alike, and the client that is made of it."""

from __future__ import annotations

import argparse
import os
import re
from typing import TypeAlias

from mtkd_engine.client.client import PATIENCE, Client
from mtkd_engine.client.places import place_of

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
PROJECT = "default"
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LENGTH = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd]?)", re.ASCII)


def add_place(parser: argparse.ArgumentParser, *, project: bool = False) -> None:
    """This will let a command say which server, how patiently, and on request which project."""
    parser.add_argument(
        "--url", metavar="URL", help="the server; MTKD_URL or the last `mtkd login` unless given"
    )
    parser.add_argument(
        "--patience",
        type=length,
        default=PATIENCE,
        metavar="TIME",
        help=f"how long a server that is away or busy is asked again, such as 90s or 10m ({PATIENCE:g}s)",
    )
    if project:
        parser.add_argument(
            "--project",
            metavar="SLUG",
            help=f"MTKD_PROJECT, or the project of the token, or {PROJECT} unless given",
        )


def client_of(given: argparse.Namespace) -> Client:
    """This will open the server that a command means."""
    place = place_of(os.environ, url=given.url)
    return Client(place.url, place.token, patience=given.patience)


def project_of(given: argparse.Namespace, client: Client) -> str:
    """This will give the project that a command means."""
    named = given.project or os.environ.get("MTKD_PROJECT")
    return str(named or client.account().project or PROJECT)


def length(text: str) -> float:
    """This will read a length of time such as 30, 90s, 20m, 2h or 1d into seconds."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"given {text!r}, accepted is a length such as 90s, 20m, 2h or 1d")
    return float(found[1]) * _SECONDS[found[2]]


def identifier(text: str) -> int:
    """This will read the id of a job or a group."""
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 2**62:
        raise argparse.ArgumentTypeError(f"given {text!r}, accepted is an id, a whole number from 1")
    return int(text)
