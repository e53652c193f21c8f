"""Samples that a teacher was trained on: left out unless somebody insists, who is warned."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mtkd_engine.combining.run import aggregate
from mtkd_engine.data.dataset import Dataset, load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.events import Finished, Warned
from mtkd_engine.spec import SpecError, parse
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.load import load_teachers
from tests.engine.combining.conftest import spec_of


@dataclass(frozen=True)
class Insider:
    """A teacher that was trained on the dataset."""

    inner: Teacher

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def content_hash(self) -> str:
        return self.inner.content_hash

    def saw(self, dataset: Dataset) -> bool:
        return True

    def beliefs(self, *, split: str, dataset: Dataset, student_length: int, device: str) -> Belief:
        return self.inner.beliefs(split=split, dataset=dataset, student_length=student_length, device=device)


def judged(sealed: Path, out: Path, samples: str) -> tuple[int, list[str]]:
    """How many samples took part, and the codes of the warnings."""
    dataset = load_dataset(sealed / "said")
    sharp, fair = load_teachers({"sharp": sealed / "sharp", "fair": sealed / "fair"}, dataset=dataset)
    method = {"aggregator": {"kind": "uniform"}, "folds": 2, "samples": samples}
    spec = parse(spec_of(["sharp", "fair"], method=method))
    events = list(
        aggregate(
            spec,
            teachers=[Insider(sharp), fair],
            dataset=dataset,
            cache=out / "cache",
            device="cpu",
            folder=out / "artifacts",
        )
    )
    assert isinstance(events[-1], Finished)
    taken = json.loads((out / "artifacts" / "result.json").read_text())["samples"]
    return taken, [event.code for event in events if isinstance(event, Warned)]


@pytest.mark.parametrize("samples", ["auto", "held_out"])
def test_what_a_teacher_was_trained_on_is_left_out(sealed: Path, tmp_path: Path, samples: str) -> None:
    dataset = load_dataset(sealed / "said")
    taken, codes = judged(sealed, tmp_path, samples)
    assert taken == len(dataset.splits["val"]) + len(dataset.splits["test"])
    assert "in_sample_beliefs" not in codes


def test_who_insists_on_all_samples_is_warned(sealed: Path, tmp_path: Path) -> None:
    taken, codes = judged(sealed, tmp_path, "all")
    assert taken == 120
    assert codes[0] == "in_sample_beliefs"


def test_a_gate_on_video_and_query_alone_is_refused_with_a_sentence() -> None:
    with pytest.raises(SpecError, match="method aggregate has no student and accepts 'kau_plus'") as refusal:
        parse(spec_of(["sharp", "fair"], method={"aggregator": {"kind": "kau"}}))
    assert list(refusal.value.fields) == ["method.aggregator"]


def test_one_source_cannot_be_divided(sealed: Path, tmp_path: Path) -> None:
    dataset = load_dataset(sealed / "said")
    alike = {
        split: tuple(replace(sample, source_id="one") for sample in samples)
        for split, samples in dataset.splits.items()
    }
    teachers = load_teachers({"sharp": sealed / "sharp", "fair": sealed / "fair"}, dataset=dataset)
    work = aggregate(
        parse(spec_of(["sharp", "fair"])),
        teachers=teachers,
        dataset=replace(dataset, splits=alike),
        cache=tmp_path / "cache",
        device="cpu",
        folder=tmp_path / "artifacts",
    )
    with pytest.raises(DataError, match=r"has 1 source\(s\) in train and val and test"):
        list(work)
