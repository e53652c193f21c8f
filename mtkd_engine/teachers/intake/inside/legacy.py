"""The older form of torch.save: pickles one after another, then the storages; told and read up to the tensors."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from torch import _weights_only_unpickler as unpickler

from mtkd_engine.teachers.intake.inside.pickles import check_pickle
from mtkd_engine.teachers.intake.inside.refusal import WAY_OUT, RefusedError, shown

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001


def check_legacy(path: Path) -> None:
    """This will look at the pickles that stand before the storages; raises RefusedError."""
    with path.open("rb") as file:
        if _read(file) != _MAGIC:
            raise RefusedError(f"is a Python pickle that torch.save did not write; {WAY_OUT}")
        if (protocol := _read(file)) != _PROTOCOL:
            raise RefusedError(f"is of an unknown form of torch.save ({shown(str(protocol))})")
        system = _read(file)
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise RefusedError("was written in another byte order than little")
        check_pickle(file)


def _read(file: BinaryIO) -> object:
    """One small pickle, first looked at and then read by an unpickler that knows no code."""
    start = file.tell()
    check_pickle(file)
    file.seek(start)
    try:
        return unpickler.load(file)
    except Exception as error:  # the unpickler raises many kinds for what is damaged
        raise RefusedError(f"is damaged: its pickle cannot be read ({shown(str(error))})") from None
