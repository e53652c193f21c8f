"""The processes of the application itself: migrations, web, worker."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from jobs.local.child import Child, Program, wait_until
from jobs.local.home import CHECKOUT, Home, LocalError

FIRST_PORT, PORTS_TRIED = 8000, 100
BACKLOG = 1024
READY_SECONDS = 60.0
MIGRATE_SECONDS = 600.0
INTAKE = "intake"  # the queue of registrations, and the name of its worker
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


def web(*, listener: socket.socket, environment: Mapping[str, str]) -> Program:
    """This will return how to run the web process on an open port."""
    host, port = listener.getsockname()[:2]
    return Program(
        name="web",
        command=[
            *(sys.executable, "-m", "uvicorn", "webapp.asgi:application"),
            *("--fd", str(listener.fileno()), "--no-access-log", "--lifespan", "off"),
            *("--log-level", "warning", "--timeout-graceful-shutdown", "5"),
        ],
        environment={**environment, "MTKD_HOST": host, "MTKD_PORT": str(port), "MTKD_PROCESS": "web"},
        folder=CHECKOUT,
        stop_seconds=15.0,
        descriptors=(listener.fileno(),),
    )


def worker(*, number: int, environment: Mapping[str, str]) -> Program:
    """This will return how to run one worker of jobs; its number tells it from the others of this host.

    MTKD_QUEUES and MTKD_DEVICE say what it serves and on what, MTKD_WORKER what comes before the number.
    """
    given = {**os.environ, **environment}
    name = f"{given.get('MTKD_WORKER') or 'worker'}-{number}"
    queues, device = given.get("MTKD_QUEUES") or "cpu", given.get("MTKD_DEVICE") or "cpu"
    options = [f"--name={name}", f"--queues={queues}", f"--device={device}"]
    return _worker(name=f"worker-{number}", options=options, environment=environment)


def intake(*, environment: Mapping[str, str]) -> Program:
    """This will return how to run the worker that carries out registrations."""
    given = {**os.environ, **environment}
    name = f"{given['MTKD_WORKER']}-{INTAKE}" if given.get("MTKD_WORKER") else INTAKE
    options = [f"--name={name}", f"--queues={INTAKE}", "--device=cpu"]
    return _worker(name=INTAKE, options=options, environment=environment)


def _worker(*, name: str, options: list[str], environment: Mapping[str, str]) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "manage.py", "worker", *options],
        environment={**environment, "MTKD_PROCESS": "worker"},
        folder=CHECKOUT,
        stop_seconds=HAND_BACK_SECONDS,
    )


def listen(environment: Mapping[str, str] = os.environ) -> socket.socket:
    """This will return an open port to serve on: MTKD_PORT where given, else the next free one from 8000.

    It is opened here and handed to the web process, so that two copies never take one port, and requests
    wait instead of failing while the web process is started again. LocalError says what is wrong.
    """
    host = environment.get("MTKD_HOST") or "127.0.0.1"
    given = environment.get("MTKD_PORT") or ""
    if given and not (given.isdigit() and 0 < int(given) < 65536):
        raise LocalError(f"MTKD_PORT must be a number from 1 to 65535, but it is {given!r}.")
    for port in [int(given)] if given else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise LocalError(f"Port {port} of {host} cannot be opened: {error.strerror}.") from None
    if given:
        raise LocalError(f"Port {given} of {host}, which MTKD_PORT names, is in use by another program.")
    last = FIRST_PORT + PORTS_TRIED - 1
    raise LocalError(f"No port from {FIRST_PORT} to {last} of {host} is free: set MTKD_PORT.")


def wait_for_web(*, child: Child, listener: socket.socket) -> None:
    """This will return once the web process answers requests; LocalError carries the end of its log."""
    wait_until(lambda: child.exit_code() is not None or _answers(listener), seconds=READY_SECONDS)
    if not _answers(listener):
        child.kill()
        raise LocalError(f"The web process did not start:\n{child.last_lines(12)}")


def address(listener: socket.socket) -> str:
    """This will return the URL a person on this host opens."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"


def _answers(listener: socket.socket) -> bool:
    parts = urlsplit(address(listener))
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=1)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()
