"""The engine's side of the supervisor's pulse: without it the engine leaves by itself."""

from __future__ import annotations

import os
import select
import threading

PULSE_LOST = 5


def watch_pulse(fd: int, *, timeout: float) -> threading.Thread:
    """This will end the process when the pipe `fd` closes or stays silent for `timeout` seconds.

    It runs beside the training loop in a daemon thread and uses `os._exit`: after a lost pulse nobody
    reads what this process would still say, and a hanging clean-up must not keep the device.
    """

    def watch() -> None:
        while True:
            ready, _, _ = select.select([fd], [], [], timeout)
            if not ready or not os.read(fd, 4096):
                os._exit(PULSE_LOST)

    thread = threading.Thread(target=watch, name="pulse", daemon=True)
    thread.start()
    return thread
