"""`manage.py worker`: one worker in the foreground, on any machine that reaches database, broker and storage."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connections

from jobs import identity, storable
from jobs.celery import serve
from jobs.local.home import Home
from jobs.operations.errors import UnableToServe
from jobs.operations.workers import check_options, register_worker

_log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Checks the options, writes them into the environment, which all processes of a worker have, and serves."""

    help = (
        "Run one worker: it takes one job at a time from its queues, on one device. SIGTERM or Ctrl-C makes it "
        "hand its job back and end. MTKD_QUEUES, MTKD_DEVICE, MTKD_WORKER and MTKD_THREADS stand for the options."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queues",
            default=",".join(settings.QUEUES),
            help="what it serves, divided by commas, the first first (cpu); intake takes registrations",
        )
        parser.add_argument(
            "--device", default=settings.DEVICE, help="what jobs run on: cpu, cuda:0 ... (cpu)"
        )
        parser.add_argument(
            "--name",
            default=settings.WORKER_NAME,
            help="what it is called on this host, the same at every start (worker-PROCESS)",
        )
        parser.add_argument(
            "--threads",
            type=int,
            default=settings.THREADS,
            help=f"CPU threads of a job's engine ({settings.THREADS})",
        )

    def handle(self, *_: Any, **given: Any) -> None:
        queues = [queue.strip() for queue in given["queues"].split(",") if queue.strip()]
        name = given["name"] or f"worker-{os.getpid()}"
        try:
            check_options(name=name, queues=queues, device=given["device"], threads=given["threads"])
            settings.QUEUES, settings.DEVICE = queues, given["device"]
            settings.WORKER_NAME, settings.THREADS = name, given["threads"]
            _look_at_device(given["device"])
            _look_at_servers()
            _present()
        except UnableToServe as error:
            raise CommandError(f"--{error.message}") from None
        os.environ |= {
            "MTKD_PROCESS": "worker",
            "MTKD_QUEUES": ",".join(queues),
            "MTKD_DEVICE": given["device"],
            "MTKD_WORKER": name,
            "MTKD_THREADS": str(given["threads"]),
        }
        os.chdir(settings.BASE_DIR)
        sys.exit(serve(queues=queues, name=name))


def _look_at_device(device: str) -> None:
    """A worker without its device would take one job after the other and fail each."""
    if device == "cpu":
        return
    probe = f"import torch; torch.empty(0, device={device!r})"
    done = subprocess.run([sys.executable, "-c", probe], check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise UnableToServe(f"device: given {device!r}, which cannot be used here ({said}).")


def _look_at_servers() -> None:
    """The embedded servers are found by their home only."""
    home = Home.from_environment()
    if settings.DATABASE_IS_EMBEDDED and not home.postgres_sockets.is_dir():
        raise CommandError(
            f"No database of mtkd was ever started in {home.root}: start `manage.py up` there first, or set "
            "DATABASE_URL, BROKER_URL and MTKD_STORAGE to those of the installation that this worker is for."
        )


def _present() -> None:
    """The row is there before anything starts; a database that is away hears of the worker later."""
    try:
        register_worker(identity=identity.of_this_process())
    except (DatabaseError, InterfaceError) as error:
        _log.warning("The database is away, so the worker starts unseen: %s", storable.line(error))
    finally:
        connections.close_all()
