"""The header of a .safetensors file, read strictly and without the parameters.

Layout: 8 bytes with the header's length, a JSON object {name: {dtype, shape, data_offsets}}, then the data.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtkd_engine.data.errors import shown
from mtkd_engine.modelfile.errors import ModelError

LARGEST_HEADER = 48 * 2**20
MOST_TENSORS = 100_000
MOST_DIMENSIONS = 16
LENGTH_BYTES = 8
METADATA = "__metadata__"
DTYPES = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
    "C64": ("complex64", 8),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U64": ("uint64", 8),
    "U32": ("uint32", 4),
    "U16": ("uint16", 2),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
}

Described = tuple[tuple[int, ...], str]


@dataclass(frozen=True)
class Header:
    """Shape and dtype of every tensor of a file, and its free metadata."""

    tensors: dict[str, Described]
    metadata: dict[str, str]


def read_header(path: Path) -> Header:
    """This will read a header and hold it against the size of the file; raises ModelError with one sentence."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(LENGTH_BYTES), "little")
            if size < LENGTH_BYTES or length > size - LENGTH_BYTES:
                raise _refusal(path, f"its header states {length:,} bytes, the file has {size:,}")
            if length > LARGEST_HEADER:
                raise _refusal(
                    path, f"its header has {length:,} bytes; up to {LARGEST_HEADER:,} are accepted"
                )
            raw = file.read(length)
    except FileNotFoundError:
        raise ModelError(f"{path} does not exist; accepted is a .safetensors file.") from None
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read ({error.strerror or error}).") from None
    entries = _parsed(raw, path)
    metadata = entries.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise _refusal(path, f"the {METADATA} of its header is no object of texts")
    if len(entries) > MOST_TENSORS:
        raise _refusal(
            path, f"its header names {len(entries):,} tensors; up to {MOST_TENSORS:,} are accepted"
        )
    return Header(_tensors(entries, data=size - LENGTH_BYTES - length, path=path), metadata)


def _parsed(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        entries = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_repeats)
    except _RepeatedNameError as error:
        raise _refusal(path, f"its header names {error} twice; once is accepted") from None
    except (ValueError, RecursionError) as error:
        raise _refusal(path, f"its header is no JSON ({shown(str(error))})") from None
    if not isinstance(entries, dict):
        raise _refusal(path, "its header is no JSON object")
    return entries


class _RepeatedNameError(Exception):
    pass


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise _RepeatedNameError(shown(name))
        content[name] = value
    return content


def _tensors(entries: dict[str, Any], *, data: int, path: Path) -> dict[str, Described]:
    """Each tensor's bytes must be its own and fit its shape; together they must fill the file."""
    tensors: dict[str, Described] = {}
    places: list[tuple[int, int, str]] = []
    for name, entry in entries.items():
        shape, dtype, begin, end = _entry(name, entry, path=path)
        word, width = DTYPES[dtype]
        wanted = math.prod(shape) * width
        if end - begin != wanted:
            raise _refusal(
                path,
                f"tensor {shown(name)} of shape {list(shape)} needs {wanted:,} bytes, "
                f"but its data_offsets hold {end - begin:,}",
            )
        if end > data:
            raise _refusal(path, f"tensor {shown(name)} ends at byte {end:,}, but there are {data:,}")
        tensors[name] = (shape, word)
        places.append((begin, end, name))
    expected = 0
    for begin, end, name in sorted(places):
        if begin != expected:
            what = (
                "overlaps another" if begin < expected else "leaves bytes before it that belong to no tensor"
            )
            raise _refusal(path, f"tensor {shown(name)} {what}")
        expected = end
    if expected != data:
        raise _refusal(path, f"{data - expected:,} bytes at its end belong to no tensor")
    return tensors


def _entry(name: str, entry: Any, *, path: Path) -> tuple[tuple[int, ...], str, int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _refusal(path, f"tensor {shown(name)} is no entry of dtype, shape and data_offsets")
    shape, offsets, dtype = entry["shape"], entry["data_offsets"], entry["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise _refusal(path, f"tensor {shown(name)} has the unknown dtype {shown(dtype)}")
    if not _whole_numbers(shape) or len(shape) > MOST_DIMENSIONS:
        raise _refusal(path, f"tensor {shown(name)} has the shape {shown(shape)}")
    if not _whole_numbers(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _refusal(path, f"tensor {shown(name)} has the data_offsets {shown(offsets)}")
    return tuple(shape), dtype, offsets[0], offsets[1]


def _whole_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 2**63 for item in value)


def _refusal(path: Path, why: str) -> ModelError:
    return ModelError(f"{path.name} is not a complete .safetensors file: {why}.")
