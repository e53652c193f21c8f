"""What a dataset says of its features' extractor is checked, sealed with it, and no part of its content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.extractor import Extractor


def state(folder: Path, extractor: object) -> None:
    path = folder / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "extractor": extractor}))


def test_a_sealed_dataset_keeps_it_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    silent = load_dataset(folder).content_hash
    state(folder, {"name": "I3D, RGB", "macs_per_second": 4e9})
    check_dataset(folder, seal=tmp_path / "sealed")
    check_dataset(tmp_path / "sealed", seal=tmp_path / "again")
    for place in (folder, tmp_path / "sealed", tmp_path / "again"):
        assert load_dataset(place).extractor == Extractor("I3D, RGB", 4e9)
        assert load_dataset(place).content_hash == silent


def test_its_cost_may_be_left_out(folder: Path, tmp_path: Path) -> None:
    state(folder, {"name": "I3D"})
    check_dataset(folder, seal=tmp_path / "sealed")
    assert load_dataset(tmp_path / "sealed").extractor == Extractor("I3D", None)


def test_a_dataset_that_says_nothing_reads_as_it_always_did(folder: Path, tmp_path: Path) -> None:
    check_dataset(folder, seal=tmp_path / "sealed")
    assert load_dataset(tmp_path / "sealed").extractor is None
    assert "extractor" not in json.loads((tmp_path / "sealed" / "dataset.json").read_text())


@pytest.mark.parametrize(
    ("extractor", "said"),
    [
        ("I3D", "an object with name and macs_per_second is accepted"),
        ({"name": "I3D", "speed": 3}, "an object with name and macs_per_second is accepted"),
        ({"macs_per_second": 3}, r"extractor\.name is None; a text on one line"),
        ({"name": "I3D\nor not"}, r"extractor\.name is"),
        ({"name": "I3D", "macs_per_second": -1}, r"macs_per_second is -1; a number above 0 is accepted"),
        ({"name": "I3D", "macs_per_second": True}, "macs_per_second is"),
        ({"name": "I3D", "macs_per_second": "fast"}, "macs_per_second is"),
    ],
)
def test_what_cannot_be_an_extractor_is_refused_with_a_sentence(
    folder: Path, extractor: object, said: str
) -> None:
    state(folder, extractor)
    with pytest.raises(DataError, match=said):
        load_dataset(folder)
