"""`manage.py up` with small programs in place of web and worker: started by test_up.py as a process of its own.

With `--deaf` the worker does not listen to SIGTERM.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from typing import Any

from jobs.local import foreground, leftovers, programs, tree
from jobs.local.child import Program
from jobs.local.home import Home, LocalError
from jobs.local.logs import Console
from jobs.local.postgres import start_postgres

WEB = (
    "import http.server as h, socket, sys\n"
    "server = h.ThreadingHTTPServer(('', 0), h.BaseHTTPRequestHandler, bind_and_activate=False)\n"
    "server.socket = socket.socket(fileno=int(sys.argv[1])); server.serve_forever()"
)
DEAF_WORKER = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
)
WORKER = (
    "import signal, sys\n"
    "def leave(*_): print('job handed back', flush=True); sys.exit()\n"
    "signal.signal(signal.SIGTERM, leave); print('waiting', flush=True)\n"
    "while True: signal.pause()"
)


def web(*, listener: socket.socket, environment: Mapping[str, str]) -> Program:
    number = listener.fileno()
    return Program(
        name="web",
        command=[sys.executable, "-c", WEB, str(number)],
        environment=environment,
        descriptors=(number,),
    )


def worker(*, number: int, environment: Mapping[str, str]) -> Program:
    code = DEAF_WORKER if "--deaf" in sys.argv else WORKER
    return Program(
        name=f"worker-{number}", command=[sys.executable, "-c", code], environment=environment, stop_seconds=5
    )


def intake(*, environment: Mapping[str, str]) -> Program:
    return Program(
        name="intake", command=[sys.executable, "-c", WORKER], environment=environment, stop_seconds=5
    )


def no_migrations(**_: Any) -> None:
    print("tables are up to date")


def main() -> int:
    vars(programs).update(web=web, worker=worker, intake=intake, migrate=no_migrations)
    vars(tree).update(start_postgres=lambda home, **_: start_postgres(home, durable=False))
    vars(leftovers).update(LEFTOVER_SECONDS=0.5)
    run = foreground.Foreground(home=Home.from_environment(), console=Console(), workers=1)
    try:
        run.run(first_admin=lambda: ["Log in as admin."])
    except LocalError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
