"""Checkpoints made to hurt are refused by name in the confined process, or brought to its end with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from mtkd_engine.modelfile import ModelError
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.sandbox import Limits, run_confined
from mtkd_engine.teachers.intake import conversion
from mtkd_engine.teachers.intake.conversion import convert, limits_for
from tests.security.hostile import Case
from tests.security.hostile.checkpoints import CASES, MARK, grows
from tests.security.hostile.gadgets import old_with

TASKS = Path(__file__).with_name("tasks")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the confined process said of each case; whatever a case does, the others are answered."""
    folder = tmp_path_factory.mktemp("cases")
    paths = {}
    for number, case in enumerate(CASES):
        own = folder / str(number)
        own.mkdir()
        paths[case.label] = str(case.make(own))
    work = tmp_path_factory.mktemp("work")
    ended = run_confined(
        "converting:each",
        {"paths": paths},
        folder=work,
        limits=Limits(memory=10**9, seconds=60, disk=10**7),
        readable=[folder],
        search=[TASKS, Path(__file__).parents[2]],
    )
    assert ended.answer is not None, ended.log
    assert not [path for place in (folder, work) for path in place.rglob(MARK)], "code was run"
    return dict(ended.answer)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_it_is_refused_with_the_reason(case: Case, answers: dict[str, str]) -> None:
    said = answers[case.label]
    assert re.search(case.words, said), said or "it was converted"
    assert "\n" not in said
    assert len(said) < 500


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name == "wrong magic"], ids=lambda case: case.label
)
def test_what_may_be_of_torch_is_left_to_the_confined_process(case: Case, tmp_path: Path) -> None:
    assert foreign_kind(case.make(tmp_path)) == "torch"


def test_there_are_a_dozen_classes_of_three_variants() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) >= 12
    assert min(names.count(name) for name in names) >= 3


def test_what_takes_all_memory_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = grows(1000)(tmp_path)
    little = Limits(memory=200 * 2**20, seconds=30, disk=10**7)
    monkeypatch.setattr(conversion, "limits_for", lambda size: little)
    with pytest.raises(ModelError, match="more than 200 MiB of memory"):
        convert(path, to=tmp_path / "out.safetensors")


def test_what_claims_all_memory_is_refused_by_its_name_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "claims.pth"
    torch.save({"a": torch.ones(1).expand(10**12), "b": torch.ones(4)}, path)
    with pytest.raises(ModelError, match=r"^claims\.pth .*spread out from fewer bytes"):
        convert(path, to=tmp_path / "out.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["claims.pth"]


def test_what_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = b"\x80\x02" + b"N0" * 10_000_000 + b"N."
    path = old_with({"protocol_version": 1001, "little_endian": True, "type_sizes": {}}, endless)(tmp_path)
    short = Limits(memory=limits_for(10**6).memory, seconds=1, disk=10**6)
    monkeypatch.setattr(conversion, "limits_for", lambda size: short)
    with pytest.raises(ModelError, match="took longer than 1 s"):
        convert(path, to=tmp_path / "out.safetensors")
