"""A checkpoint of torch.save becomes safetensors and a report; carried out by a confined process."""

from __future__ import annotations

import argparse
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mtkd_engine.teachers.intake.inside.archives import pickle_of
from mtkd_engine.teachers.intake.inside.legacy import check_legacy
from mtkd_engine.teachers.intake.inside.pickles import check_bytes
from mtkd_engine.teachers.intake.inside.refusal import WAY_OUT, RefusedError, shown
from mtkd_engine.teachers.intake.inside.state import MOST_TOLD, Converted, convert_state
from mtkd_engine.teachers.intake.inside.writing import write_tensors

PRODUCT = "converted.safetensors"
_ZIP = b"PK\x03\x04"


def convert(arguments: dict[str, Any]) -> dict[str, Any]:
    """This will convert the file `path`: the report, or {"refused": what ends a sentence that begins with its name}."""
    path = Path(arguments["path"])
    try:
        loaded = _load(path)
        state = convert_state(loaded, most_bytes=int(arguments["most_bytes"]))
    except RefusedError as refusal:
        return {"refused": str(refusal)}
    except RecursionError:
        return {"refused": "is nested too deeply"}
    write_tensors(state.tensors, Path(PRODUCT))
    return _report(state)


def _load(path: Path) -> object:
    with path.open("rb") as file:
        is_archive = file.read(4) == _ZIP
    if is_archive:
        check_bytes(pickle_of(path))
    else:
        check_legacy(path)
    try:
        # Storages of today's files come with a warning about tomorrow's.
        with warnings.catch_warnings(), torch.serialization.safe_globals(_beside()):
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    except pickle.UnpicklingError as error:
        reason = str(error).strip().splitlines()[-1]
        raise RefusedError(f"holds what is no plain state dict ({shown(reason)}); {WAY_OUT}") from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # torch raises whatever comes of damaged bytes
        if "allocate memory" in str(error) or "bad_alloc" in str(error):
            raise
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RefusedError(f"is damaged ({shown(lines[0])})") from None


def _beside() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """Options and figures of training scripts: made of numbers and texts, and thrown away."""
    scalar = np.float64(0).__reduce__()[0]
    assert callable(scalar)
    kinds = [type(np.dtype(name)) for name in ("float64", "float32", "int64", "int32", "bool")]
    return [
        argparse.Namespace,
        np.dtype,
        *kinds,
        (scalar, "numpy.core.multiarray.scalar"),
        (scalar, "numpy._core.multiarray.scalar"),
    ]


def _report(state: Converted) -> dict[str, Any]:
    return {
        "found_under": state.found_under,
        "prefix": state.prefix,
        "tensors": len(state.tensors),
        "parameters": sum(t.numel() for t in state.tensors.values() if t.is_floating_point()),
        "renamed": state.renamed[:MOST_TOLD],
        "ignored": state.ignored[:MOST_TOLD],
        "converted": state.converted[:MOST_TOLD],
    }
