"""Logging in, and naming the jobs that others are held against."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from urllib.parse import urlsplit

from mtkd_engine.client.client import Client
from mtkd_engine.client.commands.given import Commands, add_place, client_of, identifier
from mtkd_engine.client.commands.telling import STANDARD, complain, output
from mtkd_engine.client.connection import checked_url
from mtkd_engine.client.errors import RefusedError
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.outcomes import OK
from mtkd_engine.client.places import keep

_HERE = ("localhost", "127.0.0.1", "::1")
_PATIENCE = 20.0


def add(commands: Commands) -> None:
    """This will add the commands."""
    parser = commands.add_parser("login", help="keep the address of a server and a token for it")
    parser.add_argument("address", metavar="URL")
    parser.add_argument(
        "--token", help="from the account page; - reads it from standard input; MTKD_TOKEN, or asked for"
    )
    parser.set_defaults(command=_login)

    parser = commands.add_parser("baseline", help="jobs with a name, for rules such as `>= baseline(main)`")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    parser = actions.add_parser("set", help="give a name to a job, which loses it where another one had it")
    parser.add_argument("name")
    parser.add_argument("job", type=identifier, metavar="ID")
    add_place(parser)
    parser.set_defaults(command=_set_baseline)


def _login(given: argparse.Namespace) -> int:
    url = checked_url(given.address)
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _HERE:
        complain("This address is not https: the token can be read by everybody on the way.")
    token = _token(given)
    with Client(url, token, patience=_PATIENCE) as client:
        account = client.account()
    file = keep(os.environ, url=url, token=token)
    bound = f", for project {account.project} only" if account.project else ""
    output().print(f"Logged in to {url} as {harmless(account.user)}{bound}. The token is kept in {file}.")
    return OK


def _token(given: argparse.Namespace) -> str:
    if given.token == STANDARD:
        token = sys.stdin.readline()
    else:
        token = (
            given.token or os.environ.get("MTKD_TOKEN") or getpass.getpass("Token (from the account page): ")
        )
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise RefusedError("token: accepted is what the account page showed, a line of letters and digits.")
    return token


def _set_baseline(given: argparse.Namespace) -> int:
    with client_of(given) as client:
        job = client.job(given.job)
        baseline = client.set_baseline(given.name, job.id, project=job.project)
    output().print(f"Baseline {baseline.name} of project {job.project} is job {baseline.job}.")
    return OK
