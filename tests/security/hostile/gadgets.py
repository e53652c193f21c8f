"""Pickles written by hand, and archives of torch.save around them."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Make = Callable[[Path], Path]


class Calls:
    """Pickles as a call of a function with arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def named(module: str, name: str, argument: str = "x") -> bytes:
    """This will give a pickle that calls `module.name(argument)`, named as protocol 4 does it."""
    return b"\x80\x04" + _text(module) + _text(name) + b"\x93" + _text(argument) + b"\x85R."


def _text(given: str) -> bytes:
    coded = given.encode()
    return b"\x8c" + bytes([len(coded)]) + coded


def archive(pickled: bytes, *, root: str = "m", name: str = "m.pt", **members: bytes) -> Make:
    """This will write an archive as torch.save does, with members named by their paths, `__` for a slash."""

    def make(folder: Path) -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w") as file:
            for member, content in {"data.pkl": pickled, "version": b"3\n", **members}.items():
                file.writestr(f"{root}/{member.replace('__', '/')}", content)
        return path

    return make


def saved(thing: Callable[[], Any], *, name: str = "m.pt", **how: Any) -> Make:
    """This will save what is made with torch.save."""

    def make(folder: Path) -> Path:
        torch.save(thing(), folder / name, **how)
        return folder / name

    return make


def old(thing: Callable[[], Any]) -> Make:
    """This will save it in the older form."""
    return saved(thing, name="m.th", _use_new_zipfile_serialization=False)


def old_with(system: dict[str, Any], rest: bytes) -> Make:
    """This will write the older form by hand: its four pickles, the last one given."""

    def make(folder: Path) -> Path:
        path = folder / "m.th"
        parts = (0x1950A86A20F9469CFC6C, 1001, system)
        path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts) + rest)
        return path

    return make


def rezipped(make: Make, change: Callable[[str, bytes], tuple[str, bytes]], **how: Any) -> Make:
    """This will write a saved file anew with other members, or packed."""

    def remake(folder: Path) -> Path:
        path = make(folder)
        with zipfile.ZipFile(path) as file:
            members = [change(name, file.read(name)) for name in file.namelist()]
        with zipfile.ZipFile(path, "w", **how) as file:
            for name, content in members:
                file.writestr(name, content)
        return path

    return remake


def shortened(make: Make, part: float) -> Make:
    """This will keep the beginning of a file."""

    def cut(folder: Path) -> Path:
        path = make(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * part)])
        return path

    return cut


def plain(name: str, content: bytes) -> Make:
    """This will write bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def storage_claiming(count: int) -> bytes:
    """This will give the pickle of {"a": a tensor of `count` floats}, whatever the storage holds."""
    return _tensor(count, 0, (count,), (1,))


def rebuilt(size: tuple[int, ...], stride: tuple[int, ...], *, offset: int = 0) -> bytes:
    """This will give the pickle of a tensor of any size and stride over four floats."""
    return _tensor(4, offset, size, stride)


def _tensor(count: int, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    made, storage = io.BytesIO(), Calls(None)

    class Pickler(pickle.Pickler):
        def persistent_id(self, given: Any) -> Any:
            return ("storage", torch.FloatStorage, "0", "cpu", count) if given is storage else None

    call = Calls(torch._utils._rebuild_tensor_v2, storage, offset, size, stride, False, OrderedDict())
    Pickler(made, protocol=2).dump({"a": call})
    return made.getvalue()


FOUR = struct.pack("<4f", 1, 2, 3, 4)
