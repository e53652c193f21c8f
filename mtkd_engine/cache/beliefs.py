"""Beliefs on disk, keyed by sample id: computed once, read by every step and every resume."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from mtkd_engine.aggregators.grounding import Signals
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.tasks.grounding.agreement import MEDOID, Decoding
from mtkd_engine.tasks.grounding.belief import Belief

FORMAT = "mtkd.beliefs/2"
"""Part of the name of every file, so that one of another form is made again, not misread."""


@dataclass(frozen=True)
class StoredBeliefs:
    """One teacher's beliefs on the samples of one split; rows are found by sample id, never by position."""

    rows: dict[str, int]
    belief: Belief
    seconds: float | None = None
    """How long it took to compute them, where that was measured."""

    def of(self, sample_ids: Sequence[str], *, length: int) -> Belief:
        """This will give the beliefs on these samples, on the first `length` clips of the grid."""
        index = torch.tensor([self.rows[sample_id] for sample_id in sample_ids])
        saliency_BL = self.belief.saliency_BL
        return Belief(
            log_joint_BLL=self.belief.log_joint_BLL[index, :length, :length],
            windows_BK2=self.belief.windows_BK2[index],
            scores_BK=self.belief.scores_BK[index],
            saliency_BL=None if saliency_BL is None else saliency_BL[index, :length],
        )


@dataclass(frozen=True)
class Faculty:
    """All teachers' stored beliefs on one split, in the order of their names, and how one window is made of them."""

    names: list[str]
    stored: list[StoredBeliefs]
    decoding: Decoding = MEDOID

    def signals(self, sample_ids: Sequence[str], *, length: int, device: torch.device | str) -> Signals:
        """This will stack the teachers' beliefs on these samples."""
        beliefs = [stored.of(sample_ids, length=length) for stored in self.stored]
        return Signals.stack([belief.to(device) for belief in beliefs], self.names)


def save_beliefs(
    path: Path, *, sample_ids: Sequence[str], belief: Belief, seconds: float | None = None
) -> None:
    """This will write the file whole or not at all; `seconds` says how long the beliefs took to compute."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")  # two jobs may compute the same beliefs
    tensors: dict[str, Tensor] = {
        "log_joint": belief.log_joint_BLL.contiguous(),
        "windows": belief.windows_BK2.contiguous(),
        "scores": belief.scores_BK.contiguous(),
    }
    if belief.saliency_BL is not None:
        tensors["saliency"] = belief.saliency_BL.contiguous()
    metadata = {"format": FORMAT, "sample_ids": json.dumps(list(sample_ids)), "seconds": json.dumps(seconds)}
    with whole_or_nothing(partial):
        save_file(tensors, partial, metadata=metadata)
        partial.replace(path)


def load_beliefs(path: Path) -> StoredBeliefs:
    """This will read a file that `save_beliefs` wrote; raises ValueError when it is something else."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise ValueError(f"{path.name} holds no beliefs; accepted is a file of format {FORMAT}.")
        belief = Belief(
            log_joint_BLL=file.get_tensor("log_joint"),
            windows_BK2=file.get_tensor("windows"),
            scores_BK=file.get_tensor("scores"),
            saliency_BL=file.get_tensor("saliency") if "saliency" in file.keys() else None,  # noqa: SIM118
        )
    return StoredBeliefs(
        rows={key: row for row, key in enumerate(json.loads(metadata["sample_ids"]))},
        belief=belief,
        seconds=json.loads(metadata.get("seconds", "null")),
    )


def joined(faculties: Sequence[Faculty]) -> Faculty:
    """This will put the beliefs of the same teachers on several splits together."""
    names = faculties[0].names
    stored = []
    for place in range(len(names)):
        parts = [faculty.stored[place] for faculty in faculties]
        rows = [sample_id for part in parts for sample_id in sorted(part.rows, key=part.rows.__getitem__)]
        seconds = [part.seconds for part in parts]
        stored.append(
            StoredBeliefs(
                rows={sample_id: row for row, sample_id in enumerate(rows)},
                belief=Belief.cat([part.belief for part in parts]),
                seconds=None if None in seconds else sum(s for s in seconds if s is not None),
            )
        )
    return Faculty(names, stored)
