"""Resumable training state on disk: atomic to write, safe to read, never holding a teacher."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import torch

from mtkd_engine.fulldisk import whole_or_nothing

KEPT = 2


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the sentence says why."""


def save(folder: Path, *, step: int, state: dict[str, Any]) -> tuple[Path, str]:
    """This will write `step-N.pt` so that it is there whole or not at all, and drop all but the newest two.

    Returns its path and sha256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:08d}.pt"
    with whole_or_nothing(path.with_suffix(".partial")) as partial:
        with partial.open("wb") as file:
            torch.save({"format": "mtkd.checkpoint/1", "step": step, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        digest = file_sha256(partial)
        partial.replace(path)
    for old in sorted(folder.glob("step-*.pt"))[:-KEPT]:
        old.unlink()
    return path, digest


def load(path: Path, *, spec_hash: str) -> dict[str, Any]:
    """This will read a checkpoint of the given spec; raises CheckpointError with a sentence."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise CheckpointError(
            f"{path.name} cannot be read as a checkpoint ({type(error).__name__})."
        ) from None
    if state.get("format") != "mtkd.checkpoint/1" or state.get("spec_hash") != spec_hash:
        raise CheckpointError(
            f"{path.name} belongs to another spec; a job resumes from its own checkpoints only."
        )
    return state


def latest(folder: Path) -> Path | None:
    """This will find the newest complete checkpoint of a folder."""
    found = [path for path in folder.glob("step-*.pt") if re.fullmatch(r"step-\d{8}\.pt", path.name)]
    return max(found, default=None)


def step_of(path: Path | None) -> int:
    """This will read the step of a checkpoint from its name, 0 where there is none."""
    return 0 if path is None else int(path.stem.split("-")[-1])


def file_sha256(path: Path) -> str:
    """This will give the sha256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
