"""The converter seen from outside: a throw-away process gets one checkpoint, and gives safetensors and a report."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mtkd_engine.modelfile import ModelError
from mtkd_engine.modelfile.header import MOST_TENSORS, read_header
from mtkd_engine.sandbox import Ended, Limits, run_confined, take_product
from mtkd_engine.teachers.classification.onnxcheck import LARGEST as LARGEST_PROGRAM

TASK = "mtkd_engine.teachers.intake.inside.convert:convert"
LOOK = "mtkd_engine.teachers.intake.inside.program:look"
PRODUCT = "converted.safetensors"
LARGEST = 20 * 10**9
_MEGABYTE = 2**20
_BYTES_A_SECOND = 20 * _MEGABYTE
_LONGEST_REFUSAL = 500
_LARGEST_COUNT = 2**53
MOST_TOLD = 2000
"""Names of one kind that a report lists."""
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What became of a checkpoint: its own names beside those of the product, what was left out, what changed."""

    found_under: str
    """The key under which its state dict lay, "" for a file that is one."""
    prefix: str
    renamed: tuple[Pair, ...]
    ignored: tuple[Pair, ...]
    """What was no parameter, with what it was."""
    converted: tuple[tuple[str, str, str], ...]
    """Tensors whose dtype was changed: name, from, to."""
    tensors: int
    parameters: int
    held: dict[str, list[str]]
    """By what the converter was kept from the network, files, processes and more; see `Ended.held`."""


def convert(path: Path, *, to: Path, look: Callable[[], None] = lambda: None) -> Conversion:
    """This will convert a file of torch.save (.pt, .pth, .th) to the new safetensors file `to`.

    The file is read by a confined process only. `look` is called while that works. Raises ModelError.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise ModelError(f"{path.name} has {size:,} bytes; checkpoints of up to {LARGEST:,} are converted.")
    with tempfile.TemporaryDirectory(prefix="convert-") as place:
        folder = Path(place)
        ended = run_confined(
            TASK,
            {"path": str(path.resolve()), "most_bytes": _most_bytes(size)},
            folder=folder,
            limits=limits_for(size),
            readable=[path],
            look=look,
        )
        said = _answer(path, ended)
        try:
            take_product(folder, PRODUCT, to=to, largest=limits_for(size).disk)
        except OSError:
            raise _broken(path) from None
    found = read_header(to)  # of a stranger's making still: held against its size, name by name
    if not 0 < len(found.tensors) <= MOST_TENSORS:
        raise _broken(path)
    return _conversion(path, said, ended)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What an ONNX program says of itself; None where it leaves a size open."""

    classes: int | None
    channels: int | None
    size: int | None


def look_at_program(path: Path, *, look: Callable[[], None] = lambda: None) -> Program:
    """This will have an ONNX program checked by a confined process, without running it. Raises ModelError."""
    size = path.stat().st_size
    if size > LARGEST_PROGRAM:
        raise ModelError(
            f"{path.name} has {size:,} bytes; ONNX programs of up to {LARGEST_PROGRAM:,} are accepted."
        )
    with tempfile.TemporaryDirectory(prefix="program-") as place:
        arguments = {"path": str(path.resolve())}
        limits = limits_for(size)
        ended = run_confined(LOOK, arguments, folder=Path(place), limits=limits, readable=[path], look=look)
    said = _answer(path, ended)
    try:
        names = ("classes", "channels", "size")
        return Program(**{name: None if said[name] is None else _count(said[name]) for name in names})
    except (KeyError, TypeError, ValueError):
        raise _broken(path) from None


def limits_for(size: int) -> Limits:
    """This will say how much the conversion of a file of so many bytes may take, at most most of this machine."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Limits(
        memory=min(4 * size + 512 * _MEGABYTE, machine * 3 // 4),
        seconds=30 + size // _BYTES_A_SECOND,
        disk=_most_bytes(size) + 16 * _MEGABYTE,
    )


def _most_bytes(size: int) -> int:
    """Half precision grows to twice its size; tensors may share storages, but not again and again."""
    return 2 * size + _MEGABYTE


def _answer(path: Path, ended: Ended) -> dict[str, Any]:
    if ended.over is not None:
        raise ModelError(_over(path, ended.over))
    if not isinstance(ended.answer, dict):
        raise _broken(path)
    if "refused" in ended.answer:
        reason = "".join(c for c in str(ended.answer["refused"]) if c.isprintable())[:_LONGEST_REFUSAL]
        raise ModelError(f"{path.name} {reason}.")
    return ended.answer


def _over(path: Path, over: Literal["memory", "time", "disk"]) -> str:
    limits = limits_for(path.stat().st_size)
    most = {
        "memory": f"more than {limits.memory / _MEGABYTE:,.0f} MiB of memory",
        "time": f"longer than {limits.seconds} s",
        "disk": f"more than {limits.disk / _MEGABYTE:,.0f} MiB of disk",
    }
    return f"{path.name} was given up: its conversion took {most[over]}, the most for a file of its size."


def _broken(path: Path) -> ModelError:
    return ModelError(
        f"{path.name} could not be converted: it brought the confined process that reads it to its end."
    )


def _conversion(path: Path, said: dict[str, Any], ended: Ended) -> Conversion:
    """Checked as a stranger's word: texts and numbers of the expected kinds, or nothing."""
    try:
        return Conversion(
            found_under=_text(said["found_under"]),
            prefix=_text(said["prefix"]),
            renamed=tuple((_text(a), _text(b)) for a, b in said["renamed"][:MOST_TOLD]),
            ignored=tuple((_text(a), _text(b)) for a, b in said["ignored"][:MOST_TOLD]),
            converted=tuple((_text(a), _text(b), _text(c)) for a, b, c in said["converted"][:MOST_TOLD]),
            tensors=_count(said["tensors"]),
            parameters=_count(said["parameters"]),
            held={_text(what): [_text(one) for one in by] for what, by in ended.held.items()},
        )
    except (KeyError, TypeError, ValueError):
        raise _broken(path) from None


def _count(given: object) -> int:
    if type(given) is not int or not 0 <= given <= _LARGEST_COUNT:
        raise TypeError(given)
    return given


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(given)
    return "".join(c if c.isprintable() else "?" for c in given)[:_LONGEST_REFUSAL]
