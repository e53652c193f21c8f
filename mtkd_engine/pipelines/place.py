"""Where an attempt works, and what the beginning of every job has in common."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mtkd_engine import checkpoint
from mtkd_engine.data.selections import Selection, read_selection
from mtkd_engine.events import Started
from mtkd_engine.schedule import Schedule
from mtkd_engine.sources import Sources, selections_of
from mtkd_engine.spec import Spec, spec_hash


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an attempt works: its folder, the cache shared by attempts and jobs, the device."""

    folder: Path
    cache: Path
    device: str = "cpu"

    @property
    def checkpoints(self) -> Path:
        """Folder of this attempt's checkpoints."""
        return self.folder / "checkpoint"

    @property
    def artifacts(self) -> Path:
        """Folder of the files this attempt leaves behind."""
        return self.folder / "artifacts"


def selections_for(spec: Spec, sources: Sources) -> tuple[list[Selection], Selection | None]:
    """This will read what a job leaves out and what it is tested on, None for the test split; raises DataError."""
    found = {name: read_selection(sources.selection(name), name=name) for name in selections_of(spec)}
    test_on = spec.data.test_on
    return [found[name] for name in spec.data.leave_out], None if test_on is None else found[test_on]


def schedule_of(spec: Spec, *, place: Place) -> Schedule:
    """This will give the schedule of a job's main training."""
    return Schedule(
        optim=spec.optim,
        seed=spec.seed,
        log_every=spec.recording.log_every,
        measure_every=spec.evaluation.every_epochs,
        checkpoint_every=spec.recording.checkpoint_every,
        checkpoints=place.checkpoints,
        spec_hash=spec_hash(spec),
    )


def started(spec: Spec, *, steps: int, place: Place, resume: Path | None) -> Started:
    """This will say that a job of so many steps begins, or goes on."""
    return Started(
        spec_hash=spec_hash(spec),
        method=spec.method.kind,
        teachers=[teacher.name for teacher in spec.teachers],
        total_steps=steps,
        threads=torch.get_num_threads(),
        device=place.device,
        versions={"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        resumed_from_step=checkpoint.step_of(resume) if resume is not None else None,
    )
