"""The embedded broker: Valkey on a unix socket, with an append-only file."""

from __future__ import annotations

import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.local.binaries import valkey_program
from jobs.local.child import CHECK_SECONDS, Child, Program
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
    home.valkey_socket.unlink(missing_ok=True)
    child = Child(program=valkey_server(home), home=home)
    deadline = time.monotonic() + START_SECONDS
    client = redis.Redis(unix_socket_path=str(home.valkey_socket), retry=Retry(NoBackoff(), 0))
    try:
        while True:
            try:
                if client.ping():
                    return child
            except redis.exceptions.RedisError:
                if child.exit_code() is not None or time.monotonic() > deadline:
                    raise LocalError(f"The broker did not start:\n{child.last_lines()}") from None
            time.sleep(CHECK_SECONDS)
    except BaseException:
        child.kill()
        raise
    finally:
        client.close()
