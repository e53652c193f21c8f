"""One generated world and the networks that learnt it, for all tests that need what has really learnt something.

Each is made once, when it is asked for: making it takes longer than the tests do.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.world import VideosPerSplit, make_world, write
from mtkd_engine.data.world.encoder import encode
from mtkd_engine.data.world.render import render
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished, from_payload, to_payload
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse

DATASET = "world"
NETS: dict[str, tuple[dict[str, Any], int]] = {
    "span": ({"family": "span", "clips": 32, "width": 48, "encoder_layers": 1, "attention_layers": 1}, 4),
    "map2d": ({"family": "map2d", "clips": 12, "width": 32, "map_layers": 1}, 10),
    "proposal": ({"family": "proposal", "clips": 32, "width": 48, "layers": 1}, 5),
    "regression": ({"family": "regression", "clips": 32, "width": 48, "layers": 1}, 4),
}
"""By family the network, and after how many epochs it sees far more than the blind."""


@dataclass(frozen=True)
class Learnt:
    """A folder of a run of the tests, and what is in it by now."""

    folder: Path

    def world(self) -> Path:
        """This will return the folder of the world."""
        return _once(self.folder / DATASET, _make_world)

    def run(self, family: str) -> Path:
        """This will return the folder of the job that trained a network of this family on the world."""
        self.world()
        net, epochs = NETS[family]
        return _once(self.folder / f"run-{family}", lambda run: _make_run(run, net, epochs=epochs))

    def finished(self, family: str) -> Finished:
        """This will return the last word of that job."""
        last = from_payload(json.loads(_last_word(self.run(family)).read_text()))
        assert isinstance(last, Finished)
        return last


def train(folder: Path, *, dataset: Path, net: dict[str, Any], epochs: int) -> Finished:
    """This will run a job that trains a network on a dataset, and return its last word."""
    optim = {"batch_size": 16, "learning_rate": 4e-3, "epochs": epochs}
    spec = parse({"data": {"dataset": dataset.name}, "student": {"net": net}, "optim": optim})
    place = Place(folder=folder, cache=folder.with_name(f"{folder.name}-cache"))
    *_, last = distill(spec, sources=Sources(base=dataset.parent), place=place)
    assert isinstance(last, Finished)
    return last


def _make_world(folder: Path) -> None:
    """Features of pictures as they were drawn: nobody looks at films here, and making them takes half the time."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(write, "_film", lambda _out, _video, script, rng: encode(render(script, rng)[0]))
        make_world(folder, videos=VideosPerSplit(train=140, val=16, test=60), seed=11)


def _make_run(folder: Path, net: dict[str, Any], *, epochs: int) -> None:
    last = train(folder, dataset=folder.with_name(DATASET), net=net, epochs=epochs)
    _last_word(folder).write_text(json.dumps(to_payload(last)))


def _last_word(run: Path) -> Path:
    return run.with_name(f"{run.name}.json")


def _once(folder: Path, make: Callable[[Path], None]) -> Path:
    whole = folder.with_name(f"{folder.name}.whole")
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)  # of a test that failed half-way
        make(folder)
        whole.touch()
    return folder
