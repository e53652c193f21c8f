"""Jobs on features of clips, on their frames and on their streams, from spec to student; staged ones too."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine.data.clips.world import CLASSES
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.data.labelled.share import labelled_share
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Entered, Event, Finished, Metrics, Started
from mtkd_engine.report.classification import ending
from mtkd_engine.sources import Sources
from mtkd_engine.spec import SpecError, parse
from tests.engine.attempts import points
from tests.engine.pipelines.cinema import FEATURES, OPTIM, READS, RECORDING, STAGED, Cinema, taught
from tests.engine.pipelines.conftest import STUDENT, newest, same_student

pytestmark = pytest.mark.usefixtures("unmeasured")
BACKBONE = {"family": "cifar_resnet", "depth": 8}


@pytest.mark.parametrize("kind", ["kau", "confidence", "static"])
def test_several_teachers_of_features_teach_a_student(kind: str, cinema: Cinema, tmp_path: Path) -> None:
    method = {"kind": "multi_teacher", "aggregator": {"kind": kind}}
    *_, last = cinema.run(taught(FEATURES, method=method), folder=tmp_path)
    assert isinstance(last, Finished)
    table = pq.read_table(tmp_path / "artifacts" / "per_sample.parquet").to_pylist()
    assert {row["label"] for row in table} == set(CLASSES)
    assert all(abs(row["wide/weight"] + row["deep/weight"] - 1) < 1e-6 for row in table)
    assert table[0]["source_id"] == "train-film-0000"


@pytest.mark.parametrize(
    ("kind", "student"),
    [
        ("clips", {"net": {"family": "frames", "backbone": BACKBONE, "temporal": "shift"}}),
        ("clips", {"net": {"family": "conv3d", "width": 4, "stages": 2}}),
        ("streams", {"net": {"family": "streams", "iframe": BACKBONE, "motion": BACKBONE, "residual": None}}),
    ],
    ids=["frames", "conv3d", "streams"],
)
def test_a_student_learns_from_videos(
    kind: str, student: dict[str, Any], cinema: Cinema, tmp_path: Path
) -> None:
    moments = {"frames": 2} if kind == "clips" else {"segments": 2}
    reads = {"kind": "clip" if kind == "clips" else "streams", "size": 24, **moments}
    spec = parse(
        {
            "task": "classification",
            "data": {"kind": kind, "dataset": "videos", "segments": 2, "size": 24, "augment": {"views": 2}},
            "student": {**student, "input": reads},
            "optim": OPTIM,
            "recording": RECORDING,
        }
    )
    whole = cinema.run(spec, folder=tmp_path / "whole")
    assert isinstance(whole[-1], Finished)
    cinema.run(spec, folder=tmp_path / "first", stop_at=1)
    second = cinema.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert second[-1] == whole[-1]
    assert same_student(tmp_path / "whole", tmp_path / "second")


@pytest.fixture(scope="module")
def unbroken(cinema: Cinema, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A training in stages that nobody stops."""
    folder = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ending, "_costs", lambda job, teachers: {})
        return folder, cinema.run(taught(STAGED), folder=folder)


def test_a_student_in_stages_says_what_came_of_each(unbroken: tuple[Path, list[Event]]) -> None:
    folder, events = unbroken
    entered = [event.detail for event in events if isinstance(event, Entered) and event.part == "stage"]
    assert entered == ["substage_1", "substage_2", "whole"]
    result = json.loads((folder / "artifacts" / "result.json").read_text())
    assert [(stage["first_step"], stage["last_step"]) for stage in result["stages"]] == [
        (1, 4),
        (5, 8),
        (9, 16),
    ]
    assert 0 <= result["pseudo_labels"]["accepted"] <= 1
    spoken = [event for event in events if isinstance(event, Metrics)]
    early = [event.values for event in spoken if event.step <= 8]
    assert any("loss/hybrid" in values for values in early)
    assert not any("loss/hard" in values for values in early)
    assert any("loss/hard" in event.values for event in spoken if event.step > 8)


@pytest.mark.parametrize("stop_at", [2, 4, 6, 11])
def test_a_stop_in_any_stage_changes_no_bit(
    stop_at: int, cinema: Cinema, unbroken: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    folder, whole = unbroken
    spec = taught(STAGED)
    first = cinema.run(spec, folder=tmp_path / "first", stop_at=stop_at)
    torch.rand(3)
    second = cinema.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    started = next(event for event in second if isinstance(event, Started))
    assert started.resumed_from_step == stop_at
    assert {**points(first), **points(second)} == points(whole)
    assert second[-1] == whole[-1]
    assert same_student(folder, tmp_path / "second")
    told = [
        json.loads((one / "artifacts" / "result.json").read_text()) for one in (folder, tmp_path / "second")
    ]
    assert told[0]["stages"] == told[1]["stages"]


def test_labels_that_are_hidden_change_nothing_but_what_is_said_of_them(
    cinema: Cinema, tmp_path: Path
) -> None:

    with np.load(cinema.base / "features" / "features.npz") as stored:
        given = dict(stored)
    train = load_labelled(cinema.base / "features").splits["train"]
    kept_N = labelled_share(train, share=0.2)
    labels_N = given["labels"].copy()
    kept = [one.sample_id for one, has in zip(train, kept_N, strict=True) if has]
    rows = {str(name): row for row, name in enumerate(given["video"])}
    traded = 0
    for one, other in itertools.combinations([s for s in train if s.sample_id not in kept], 2):
        labels = {one.sample_id: other.label, other.sample_id: one.label}
        after = [replace(s, label=labels.get(s.sample_id, s.label)) for s in train]
        mask_N = labelled_share(after, share=0.2)
        # Which labels are kept is told by class and id: only what changes nothing of that is traded.
        if one.label != other.label and kept == [
            s.sample_id for s, has in zip(after, mask_N, strict=True) if has
        ]:
            train, traded = tuple(after), traded + 1
    assert traded > 5
    for sample in train:
        labels_N[rows[sample.sample_id]] = sample.label
    (tmp_path / "features").mkdir()
    np.savez(tmp_path / "features" / "features.npz", **{**given, "labels": labels_N})
    for kind in ({"kind": "multi_teacher", "aggregator": {"kind": "confidence"}}, STAGED["method"]):
        folders = []
        for base in (cinema.base, tmp_path):
            folder = tmp_path / f"{kind['kind']}-{base.name}"
            sources = Sources(base=base, teachers=cinema.teachers())
            *_, last = distill(
                taught(STAGED, method=kind),
                sources=sources,
                place=Place(folder=folder, cache=folder / "cache"),
            )
            assert isinstance(last, Finished)
            folders.append(folder)
        assert same_student(*folders)


def test_what_cannot_be_read_is_refused_in_a_sentence(cinema: Cinema, tmp_path: Path) -> None:
    wide = {**FEATURES["student"], "input": {**READS, "width": 40}}
    with pytest.raises(
        SpecError, match=r"student\.input: the student reads features of width 40, and those of the"
    ):
        cinema.run(parse({**FEATURES, "student": wide}), folder=tmp_path / "a")
    images = {"task": "classification", "data": {"dataset": "features"}}
    with pytest.raises(DataError, match=r"data\.kind: given 'images' with 'features', a dataset of features"):
        cinema.run(parse(images), folder=tmp_path / "b")
    clips = {"kind": "clips", "dataset": "videos", "segments": 2, "size": 24}
    with pytest.raises(SpecError, match="given 'wide', which reads features, and what is there are clips"):
        cinema.run(
            parse(
                {
                    "task": "classification",
                    "data": clips,
                    "teachers": ["wide"],
                    "method": {"kind": "multi_teacher"},
                }
            ),
            folder=tmp_path / "c",
        )


def test_features_of_single_frames_are_refused_where_samples_are_compared(
    cinema: Cinema, tmp_path: Path
) -> None:
    reads = {"kind": "clip", "frames": 2, "size": 24}
    net = {"family": "frames", "backbone": BACKBONE}
    stated: dict[str, Any] = {
        "task": "classification",
        "data": {"kind": "clips", "dataset": "videos", "segments": 2, "size": 24, "augment": {"views": 1}},
        "student": {"net": net, "input": reads},
        "optim": {**OPTIM, "epochs": 1},
        "recording": RECORDING,
    }
    sources = Sources(base=cinema.base, teachers={"one": tmp_path / "one" / STUDENT})
    place = Place(folder=tmp_path / "one", cache=cinema.base / "cache")
    assert isinstance(list(distill(parse(stated), sources=sources, place=place))[-1], Finished)
    for path, refused in (("", False), ("backbone.layer2", True)):
        method = {
            "kind": "multi_teacher",
            "signals": "online",
            "features": [{"student": path, "teacher": path}],
        }
        spec = parse({**stated, "teachers": ["one"], "method": method, "seed": 1})
        loop = distill(
            spec, sources=sources, place=Place(folder=tmp_path / f"two{path}", cache=cinema.base / "cache")
        )
        if refused:
            with pytest.raises(SpecError, match="whose module sees every frame by itself"):
                list(loop)
        else:
            assert isinstance(list(loop)[-1], Finished)
