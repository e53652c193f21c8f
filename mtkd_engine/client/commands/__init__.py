"""The command `mtkd`: a server of mtkd from the shell and from CI.

Exit codes: 0 well, 2 a gate failed, 3 a job failed, 4 it was cancelled, 5 it did not end in time, 64 the server or this
command does not accept what was given, 75 the server is away or busy: try later, 130 Ctrl-C (the job goes on).
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from mtkd_engine.client.commands import account, asking, jobs, sources, submitting, watching
from mtkd_engine.client.commands.telling import complain
from mtkd_engine.client.errors import ClientError, RefusedError, TooLateError
from mtkd_engine.client.outcomes import LATER, REFUSED, TIMED_OUT

INTERRUPTED = 130
_FAULT = 500
_WITH_MINUS = {"-q": "--query", "--query": "--query", "--sort": "--sort"}


class Parser(argparse.ArgumentParser):
    """Exits with 64 where argparse has a 2 of its own, which here means that a gate failed."""

    def error(self, message: str) -> NoReturn:
        """This will say what is wrong with the command line, and exit."""
        self.print_usage(sys.stderr)
        complain(f"{self.prog}: {message}")
        raise SystemExit(REFUSED)


def main(arguments: list[str] | None = None) -> int:
    """This will run one command and return its exit code."""
    given = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        return int(given.command(given))
    except RefusedError as error:
        for sentence in error.sentences:
            complain(sentence)
        return LATER if error.status >= _FAULT else REFUSED
    except ClientError as error:
        complain(str(error))
        return TIMED_OUT if isinstance(error, TooLateError) else LATER
    except OSError as error:
        complain(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED


def _joined(arguments: list[str]) -> list[str]:
    """Queries and columns may begin with a minus, which argparse takes for another option."""
    found: list[str] = []
    for argument in arguments:
        if found and found[-1] in _WITH_MINUS:
            found[-1] = f"{_WITH_MINUS[found[-1]]}={argument}"
        else:
            found.append(argument)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="mtkd", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"mtkd {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (account, submitting, watching, jobs, sources, asking):
        part.add(commands)
    return parser


def _version() -> str:
    try:
        return version("mtkd")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"
