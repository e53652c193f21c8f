"""Every kind of fault, by its name."""

from __future__ import annotations

from tests.chaos.faults.base import Fault, Scene
from tests.chaos.faults.deaths import (
    BrokerKilled,
    DatabaseKilled,
    EngineKilled,
    LeaseMissing,
    WebKilled,
    WorkerAsked,
    WorkerKilled,
)
from tests.chaos.faults.freezes import EngineStopped, SupervisorStopped
from tests.chaos.faults.messages import BrokerFlushed, KickedFiveTimes, NeverKicked, SocketsTroubled
from tests.chaos.faults.places import ClockOff, DiskDeleted, DiskFull, Partition

FAULTS: dict[str, type[Fault]] = {
    fault.kind: fault
    for fault in (
        *(WorkerKilled, WorkerAsked, EngineKilled, WebKilled, DatabaseKilled, BrokerKilled),
        *(SupervisorStopped, EngineStopped, LeaseMissing, BrokerFlushed, KickedFiveTimes, NeverKicked),
        *(ClockOff, DiskDeleted, DiskFull, Partition, SocketsTroubled),
    )
}

__all__ = ["FAULTS", "Fault", "Scene", "named"]


def named(kind: str) -> type[Fault]:
    """This will find a kind of fault, or raise ValueError with a sentence."""
    if kind not in FAULTS:
        raise ValueError(f"--only: given {kind!r}, accepted is any of {', '.join(sorted(FAULTS))}.")
    return FAULTS[kind]
