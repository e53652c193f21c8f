"""The engine's command line.

It has run, resume, expand, evaluate, profile, predict, export, partners, cache, check and make-data.
"""

from __future__ import annotations

import argparse
import os

from mtkd_engine.commands import cache, check, jobs, make_data, models, partners
from mtkd_engine.commands.given import REFUSED, RefusedError
from mtkd_engine.data.errors import DataError
from mtkd_engine.fulldisk import NO_ROOM, is_full, let_go_of_output, tell
from mtkd_engine.spec_error import SpecError


def main(arguments: list[str] | None = None) -> int:
    """This will run one command and return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except (SpecError, DataError, RefusedError) as error:
        return _refuse(str(error))
    except UnicodeDecodeError as error:
        return _refuse(f"A file that should be text is not UTF-8 ({error}).")
    except OSError as error:
        _refuse(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
        return NO_ROOM if is_full(error) else REFUSED  # the disk's fault, not that of what was handed in


def _refuse(sentence: str) -> int:
    tell(sentence)
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mtkd_engine", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (jobs, models, partners, cache, check, make_data):
        part.add(commands)
    return parser


if __name__ == "__main__":
    code = main()
    let_go_of_output()
    # To take apart all that torch has loaded takes seconds on a busy machine, and does nothing.
    os._exit(code)
