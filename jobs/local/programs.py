"""The processes of the application itself: migrations, web, worker."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping

from jobs.local.child import Child, Program, wait_until
from jobs.local.home import CHECKOUT, Home, LocalError

PORTS_TRIED = 100
READY_SECONDS = 60.0
MIGRATE_SECONDS = 600.0
HAND_BACK_SECONDS = 60.0  # a stopping worker writes its checkpoint and hands the job back


def migrate(*, home: Home, environment: Mapping[str, str]) -> Child:
    """This will bring the tables up to date, or raise LocalError with the end of the output."""
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--skip-checks"]
    child = Child(
        program=Program(name="migrate", command=command, environment=environment, folder=CHECKOUT), home=home
    )
    if not child.wait(seconds=MIGRATE_SECONDS) or child.exit_code() != 0:
        child.kill()
        raise LocalError(f"The tables could not be brought up to date:\n{child.last_lines()}")
    return child


def web(*, host: str, port: int, environment: Mapping[str, str]) -> Program:
    """This will return how to run the web process on host and port."""
    return Program(
        name="web",
        command=[
            *(sys.executable, "-m", "uvicorn", "webapp.asgi:application"),
            *("--host", host, "--port", str(port), "--no-access-log", "--lifespan", "off"),
            *("--log-level", "warning", "--timeout-graceful-shutdown", "5"),
        ],
        environment={**environment, "MTKD_HOST": host, "MTKD_PORT": str(port), "MTKD_PROCESS": "web"},
        folder=CHECKOUT,
        stop_seconds=15.0,
    )


def worker(*, number: int, environment: Mapping[str, str]) -> Program:
    """This will return how to run one worker; its number tells it from the others of this host."""
    return Program(
        name=f"worker-{number}",
        command=[
            *(sys.executable, "-W", "ignore:You're running the worker with superuser privileges"),
            *("-m", "celery", "--quiet", "--app", "jobs.celery", "worker", "--pool", "prefork"),
            *("--concurrency", "1", "--hostname", f"worker-{number}@%h", "--loglevel", "INFO"),
            *("--without-mingle", "--without-gossip"),
        ],
        environment={**environment, "MTKD_PROCESS": "worker"},
        folder=CHECKOUT,
        stop_seconds=HAND_BACK_SECONDS,
    )


def choose_port(environment: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """This will return host and port to serve on: MTKD_PORT where given, else the next free one from 8000.

    Raises LocalError when the given port is taken or is no port.
    """
    host = environment.get("MTKD_HOST") or "127.0.0.1"
    given = environment.get("MTKD_PORT") or ""
    if given:
        if not given.isdigit() or not 0 < int(given) < 65536:
            raise LocalError(f"MTKD_PORT must be a number from 1 to 65535, but it is {given!r}.")
        if not _is_free(host, int(given)):
            raise LocalError(f"Port {given} of {host}, which MTKD_PORT names, is in use by another program.")
        return host, int(given)
    for port in range(8000, 8000 + PORTS_TRIED):
        if _is_free(host, port):
            return host, port
    raise LocalError(f"No port from 8000 to {8000 + PORTS_TRIED - 1} of {host} is free: set MTKD_PORT.")


def wait_for_web(*, child: Child, host: str, port: int) -> None:
    """This will return once the web process takes connections; LocalError carries the end of its log."""
    if not wait_until(
        lambda: child.exit_code() is not None or _answers(host, port), seconds=READY_SECONDS
    ) or (child.exit_code() is not None):
        child.kill()
        raise LocalError(f"The web process did not start:\n{child.last_lines(12)}")


def address(host: str, port: int) -> str:
    """This will return the URL a person opens."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError:
            return False
    return True


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
