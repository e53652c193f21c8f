"""A network that proposes windows as student of a solo job and as teacher of another student."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.modelfile import load_model
from mtkd_engine.sources import Sources
from mtkd_engine.spec import ProposalNet, SpecError, parse
from tests.engine.loop.conftest import SOLO, Done

NET = {"family": "proposal", "clips": 16, "width": 16, "anchors": 5, "layers": 1}
OPTIM = {"epochs": 12, "batch_size": 8, "learning_rate": 8e-3}


@pytest.fixture(scope="module")
def taught(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Path]:
    """The last word of a solo job and its model."""
    folder = tmp_path_factory.mktemp("proposal")
    spec = parse({**SOLO, "student": {"net": NET}, "optim": OPTIM})
    place = Place(folder=folder, cache=folder / "cache")
    *_, last = distill(spec, sources=Sources(base=planted), place=place)
    assert isinstance(last, Finished)
    return last, folder / "artifacts" / "student.safetensors"


def test_it_learns_alone(taught: tuple[Finished, Path]) -> None:
    finished, path = taught
    _, card = load_model(path)
    assert isinstance(card.net, ProposalNet)
    assert finished.metrics["r1@0.5"] > finished.baselines["blind"]["r1@0.5"] + 0.1
    assert 0.0 < card.temperature < 100.0


def test_it_teaches_beside_another_family(
    taught: tuple[Finished, Path], alone_otherwise: Done, planted: Path, tmp_path: Path
) -> None:
    sources = Sources(base=planted, teachers={"proposal": taught[1], "span": alone_otherwise.model})
    spec = parse({**SOLO, "teachers": ["proposal", "span"], "method": {"kind": "emtm", "folds": 2}})
    *_, last = distill(spec, sources=sources, place=Place(folder=tmp_path / "job", cache=tmp_path / "cache"))
    assert isinstance(last, Finished)
    as_teacher = last.baselines["teacher:proposal"]
    assert as_teacher == pytest.approx({name: taught[0].metrics[name] for name in as_teacher}, abs=1e-6)


def test_it_is_no_student_of_several_teachers() -> None:
    with pytest.raises(SpecError, match="given 'proposal', method emtm accepts 'span'"):
        parse({**SOLO, "student": {"net": NET}, "teachers": ["a"], "method": {"kind": "emtm"}})
