"""Watching a job: drawn anew as it changes before a terminal, lines elsewhere."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live

from mtkd_engine.client.answers import Job
from mtkd_engine.client.client import Client
from mtkd_engine.client.commands.given import Commands, add_place, client_of, identifier
from mtkd_engine.client.commands.telling import complain
from mtkd_engine.client.errors import AwayError
from mtkd_engine.client.outcomes import Outcome
from mtkd_engine.client.screen import Watched, screen

LEAST_SECONDS = 1.0
QUIET_SECONDS = 10
PX = 240


def add(commands: Commands) -> None:
    """This will add the command."""
    parser = commands.add_parser("watch", help="see progress, curves and weights until a job has ended")
    parser.add_argument("id", type=identifier, metavar="ID")
    add_place(parser)
    parser.set_defaults(command=_watch)


def _watch(given: argparse.Namespace) -> int:
    console = Console(markup=False, highlight=False, emoji=False)
    with client_of(given) as client:
        watched = Watched(job=client.job(given.id))
        try:
            if console.is_terminal:
                _drawn(client, watched, console)
            else:
                _told(client, watched, console)
        except (AwayError, KeyboardInterrupt):
            complain(f"Job {given.id} goes on. `mtkd watch {given.id}` watches it again.")
            raise
        return Outcome(subject=watched.job, url=client.url).code


def _drawn(client: Client, watched: Watched, console: Console) -> None:
    with Live(console=console, auto_refresh=False) as live:
        for _ in _looks(client, watched):
            live.update(screen(watched, width=console.width), refresh=True)


def _told(client: Client, watched: Watched, console: Console) -> None:
    said = ""
    for job in _looks(client, watched):
        text = f"job {job.id} {job.state} {job.part} step {job.step:,} of {job.total_steps:,}".replace(
            "  ", " "
        )
        if text != said:
            console.print(text)
            said = text
    console.print(screen(watched, width=console.width))


def _looks(client: Client, watched: Watched) -> Iterator[Job]:
    """How it stands, again each time that has changed, until it has ended."""
    seq, tag = 0, ""
    while True:
        began = time.monotonic()
        job, tag = client.news(watched.job.id, tag=tag, seconds=QUIET_SECONDS)
        if job is not None:
            watched.job = job
            watched.curves = client.curves(job.id, px=PX)
            seq = _heard(client, watched, seq)
            yield job
            if job.is_final:
                return
        time.sleep(max(0.0, LEAST_SECONDS - (time.monotonic() - began)))


def _heard(client: Client, watched: Watched, seq: int) -> int:
    """The number of the newest event, when all behind `seq` were taken in."""
    while True:
        seq, events = client.events(watched.job.id, after=seq)
        watched.hear(events)
        if not events:
            return seq
