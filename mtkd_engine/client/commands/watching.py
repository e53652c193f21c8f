"""Watching a job: drawn anew as it changes before a terminal, lines elsewhere."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.live import Live

from mtkd_engine.client.client import Client
from mtkd_engine.client.commands.given import Commands, add_place, client_of, identifier
from mtkd_engine.client.commands.telling import complain
from mtkd_engine.client.errors import AwayError
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.outcomes import Outcome
from mtkd_engine.client.screen import Watched, screen

DRAWN_A_SECOND = 4
SPEAK_SECONDS = 10.0


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
    def draw() -> (
        RenderableType
    ):  # called by a thread, also while nothing happens; each part is replaced as a whole
        return screen(watched, width=console.width)

    with Live(console=console, get_renderable=draw, refresh_per_second=DRAWN_A_SECOND):
        for _ in _heard(client, watched):
            pass


def _told(client: Client, watched: Watched, console: Console) -> None:
    said, at = "", -math.inf
    for _ in _heard(client, watched):
        job = watched.job
        state = f"{job.state} {job.part}"
        if state != said or time.monotonic() - at > SPEAK_SECONDS:
            said, at = state, time.monotonic()
            part = harmless(job.part) or "no part yet"
            console.print(f"job {job.id} {job.state}: {part}, step {job.step:,} of {job.total_steps:,}")
    console.print(screen(watched, width=console.width))


def _heard(client: Client, watched: Watched) -> Iterator[None]:
    """Again after each message, until the job has ended and was judged."""
    for message in client.stream(watched.job.id):
        watched.hear(message)
        yield
    watched.job = client.job(watched.job.id)
    yield
