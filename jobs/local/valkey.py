"""The embedded broker: Valkey on a unix socket, with an append-only file."""

from __future__ import annotations

import socket

from jobs.local.binaries import valkey_program
from jobs.local.child import Child, Program, wait_until
from jobs.local.home import Home, LocalError

START_SECONDS = 20.0


def valkey_server(home: Home) -> Program:
    """This will return how to run the broker of this home."""
    options = {
        "port": "0",
        "unixsocket": str(home.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(home.root / "valkey"),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
        "maxmemory-policy": "noeviction",
    }
    arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
    return Program(name="broker", command=[str(valkey_program()), *arguments])


def start_valkey(home: Home) -> Child:
    """This will start the broker and return once it answers, or raise LocalError with the end of its log."""
    program = valkey_server(home)
    home.valkey_socket.unlink(missing_ok=True)
    child = Child(program=program, home=home)
    try:
        wait_until(lambda: child.exit_code() is not None or _answers(home), seconds=START_SECONDS)
        if not _answers(home):
            raise LocalError(f"The broker did not start:\n{child.last_lines()}")
    except BaseException:
        child.kill()
        raise
    return child


def _answers(home: Home) -> bool:
    """This will tell whether the broker takes commands; while it still reads its file, it answers otherwise."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1)
        try:
            line.connect(str(home.valkey_socket))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
