"""One layer of a confined process at a time, so that what one refuses is not another's merit."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from mtkd_engine.sandbox.calls import deny_calls
from mtkd_engine.sandbox.kernel import drop_privileges, leave_network
from mtkd_engine.sandbox.landlock import confine


def try_out() -> None:
    """This will bind this process by the layer that its last argument names, and say what came of what that forbids."""
    folder, port, layer = Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    print(_tried(layer, folder, port))


def _tried(layer: str, folder: Path, port: int) -> str:
    if layer == "namespace":
        held = bool(leave_network())
    else:
        drop_privileges()
        held = (
            deny_calls()
            if layer == "system calls"
            else bool(confine(own=folder / "own", readable=[], devices=[]))
        )
    if not held:
        return "not here"
    try:
        if layer == "namespace":
            socket.create_connection(("127.0.0.1", port), timeout=5)
        elif layer == "Landlock":
            (folder / "secret").read_text()
        else:
            os.chmod(folder / "secret", 0o777)
    except OSError:
        return "refused"
    return "done"
