"""One generated world and the networks that learnt it, for all tests that need what has really learnt something.

Each is made once, when it is asked for: making it takes longer than the tests do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.world import VideosPerSplit, make_world, write
from mtkd_engine.data.world.encoder import encode
from mtkd_engine.data.world.render import render
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
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


class Learnt:
    """What has been made in this folder by now."""

    def __init__(self, folder: Path) -> None:
        self._world, self._folder = folder / DATASET, folder
        self._finished: dict[str, Finished] = {}

    def world(self) -> Path:
        """This will return the folder of the world."""
        if not self._world.exists():
            _make_world(self._world)
        return self._world

    def run(self, family: str) -> Path:
        """This will return the folder of the job that trained a network of this family on the world."""
        run = self._folder / f"run-{family}"
        if family not in self._finished:
            net, epochs = NETS[family]
            self._finished[family] = train(run, dataset=self.world(), net=net, epochs=epochs)
        return run

    def finished(self, family: str) -> Finished:
        """This will return the last word of that job."""
        self.run(family)
        return self._finished[family]


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
