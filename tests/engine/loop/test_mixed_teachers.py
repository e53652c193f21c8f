"""Teachers of every output kind in one job: four families of networks, and predictions of every form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.modelfile import load_model
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from mtkd_engine.teachers.check import check_teacher
from tests.engine.loop.conftest import SOLO
from tests.engine.predictions.conftest import everybody

NETS: dict[str, dict[str, Any]] = {
    "span": SOLO["student"]["net"],  # type: ignore[index]
    "map2d": {"family": "map2d", "clips": 16, "width": 16, "map_layers": 1},
    "proposal": {"family": "proposal", "clips": 16, "width": 16, "anchors": 5, "layers": 1},
    "regression": {"family": "regression", "clips": 16, "width": 16, "layers": 1},
}
OPTIM = {"epochs": 2, "batch_size": 16, "learning_rate": 8e-3}
CLIPS = 10


def stored(base: Path, folder: Path) -> dict[str, Path]:
    """Sealed predictions of every form, each with another error."""
    samples = everybody(load_dataset(base))
    ids = np.array([sample.sample_id for sample in samples])
    shares = np.array([np.array(sample.windows[0]) / sample.duration for sample in samples])
    cells = np.stack(
        [np.floor(shares[:, 0] * CLIPS), np.ceil(shares[:, 1] * CLIPS - 1e-9) - 1], axis=1
    ).astype(int)
    rows = np.arange(len(ids))
    start, end, maps = (
        np.zeros((len(ids), CLIPS)),
        np.zeros((len(ids), CLIPS)),
        np.zeros((len(ids), CLIPS, CLIPS)),
    )
    start[rows, cells[:, 0]] = end[rows, cells[:, 1]] = 6.0
    maps[rows, cells[:, 0], cells[:, 1]] = 9.0
    durations = np.array([[sample.duration] for sample in samples])
    contents: dict[str, dict[str, Any]] = {
        "said_windows": {
            "windows": (shares * durations * [0.9, 1.0])[:, None],
            "scores": np.ones((len(ids), 1)),
        },
        "said_regression": {
            "centre": shares.mean(1, keepdims=True),
            "width": 0.8 * (shares[:, 1:] - shares[:, :1]),
            "score": np.full((len(ids), 1), 0.7),
            "unit": "fractions",
        },
        "said_span": {"start": start, "end": end},
        "said_map": {"map": maps},
    }
    for name, content in contents.items():
        np.savez(folder / f"{name}.npz", sample_id=ids, **content)
        check_teacher(folder / f"{name}.npz", dataset=base, seal=folder / name)
    return {name: folder / name for name in contents}


@pytest.fixture(scope="module")
def teachers(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One teacher of each kind, by name."""
    folder = tmp_path_factory.mktemp("mixed")
    found = stored(planted / "planted", folder)
    for family, net in NETS.items():
        spec = parse({**SOLO, "student": {"net": net}, "optim": OPTIM})
        place = Place(folder=folder / family, cache=folder / "cache")
        for _ in distill(spec, sources=Sources(base=planted), place=place):
            pass
        found[family] = place.artifacts / "student.safetensors"
    return found


def test_one_job_learns_from_all_of_them_and_its_table_has_them_all(
    teachers: dict[str, Path], planted: Path, tmp_path: Path
) -> None:
    spec = parse({**SOLO, "optim": OPTIM, "teachers": list(teachers), "method": {"kind": "emtm", "folds": 2}})
    place = Place(folder=tmp_path / "job", cache=tmp_path / "cache")
    *_, last = distill(spec, sources=Sources(base=planted, teachers=teachers), place=place)
    assert isinstance(last, Finished)
    assert {f"teacher:{name}" for name in teachers} <= set(last.baselines)
    assert last.baselines["teacher:said_map"]["r1@0.5"] > last.baselines["blind"]["r1@0.5"]
    table = pq.read_table(place.artifacts / "per_sample.parquet").to_pydict()
    for name in teachers:
        assert np.isfinite(table[f"{name}/start"]).all()
        assert (np.array(table[f"{name}/end"]) >= np.array(table[f"{name}/start"])).all()


@pytest.mark.parametrize("family", NETS)
def test_every_family_is_measured_as_a_teacher_as_it_was_as_a_student(
    teachers: dict[str, Path], planted: Path, family: str
) -> None:
    report = check_teacher(teachers[family], dataset=planted / "planted", split="test")
    _, card = load_model(teachers[family])
    assert report["family"] == family == card.net.family
    assert report["quality"]["metrics"] == pytest.approx(
        {name: card.metrics[f"test/{name}"] for name in report["quality"]["metrics"]}, abs=1e-6
    )


def test_regression_learns_alone(planted: Path, tmp_path: Path) -> None:
    optim = {"epochs": 12, "batch_size": 8, "learning_rate": 8e-3}
    spec = parse({**SOLO, "student": {"net": NETS["regression"]}, "optim": optim})
    *_, last = distill(
        spec, sources=Sources(base=planted), place=Place(folder=tmp_path, cache=tmp_path / "cache")
    )
    assert isinstance(last, Finished)
    assert last.metrics["r1@0.5"] > last.baselines["blind"]["r1@0.5"] + 0.1
    _, card = load_model(tmp_path / "artifacts" / "student.safetensors")
    assert 0.0 < card.temperature < 100.0
