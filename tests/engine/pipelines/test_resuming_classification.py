"""Stop and resume is the same as no stop, to the bit, whatever learns beside the student."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from mtkd_engine.distill import Place
from mtkd_engine.events import Entered, Event, Finished, Started, Stopped
from mtkd_engine.journal import read
from mtkd_engine.runner import STOPPED, SUCCEEDED, run_attempt
from mtkd_engine.spec import Spec, parse
from tests.engine.attempts import points
from tests.engine.pipelines.conftest import SOLO, Gallery, newest, same_student

pytestmark = pytest.mark.usefixtures("unmeasured")
METHODS: dict[str, dict[str, Any]] = {
    "uniform": {},
    "static": {"aggregator": {"kind": "static"}},
    "kau": {"aggregator": {"kind": "kau"}},
    "meta": {"aggregator": {"kind": "meta", "every": 2, "buffer": 16}},
    "reinforced": {"aggregator": {"kind": "reinforced"}},
    "dkd": {"aggregator": {"kind": "gradient"}, "inner": {"kind": "dkd", "warmup_epochs": 2}},
    "crd": {"signals": "online", "features": [{"kind": "crd"}, {"kind": "fitnet", "student": "layer3"}]},
}
METHODS["crd"]["features"][1]["teacher"] = "layer3"


def spec_of(gallery: Gallery, name: str) -> Spec:
    if name == "solo":
        return parse(SOLO)
    augment = {"views": 2, "crop_padding": 2, "mixup": 0.2} if name in {"dkd", "reinforced"} else {"views": 2}
    return gallery.spec(METHODS[name], data={**SOLO["data"], "augment": augment})


@pytest.mark.parametrize("name", ["solo", *METHODS])
def test_a_stop_within_an_epoch_changes_no_bit(name: str, gallery: Gallery, tmp_path: Path) -> None:
    spec = spec_of(gallery, name)
    whole = gallery.run(spec, folder=tmp_path / "whole")
    first = gallery.run(spec, folder=tmp_path / "first", stop_at=4)
    assert not any(isinstance(event, Finished) for event in first)
    torch.rand(3)  # a resumed process has drawn other numbers before
    second = gallery.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))

    started = next(event for event in second if isinstance(event, Started))
    assert started.resumed_from_step == 4
    assert {**points(first), **points(second)} == points(whole)
    assert second[-1] == whole[-1]
    assert same_student(tmp_path / "whole", tmp_path / "second")


def test_a_stop_in_the_training_without_teachers_changes_no_bit(gallery: Gallery, tmp_path: Path) -> None:
    spec = gallery.spec({}, evaluation={"compare_solo": True})
    whole = gallery.run(spec, folder=tmp_path / "whole")
    gallery.run(spec, folder=tmp_path / "first", stop_at=10)
    second = gallery.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert second[-1] == whole[-1]
    assert same_student(tmp_path / "whole", tmp_path / "second")


def test_a_job_that_is_asked_to_stop_while_teachers_are_asked_goes_on_from_there(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtkd_engine.cache.rows.table import Table

    spec = gallery.spec({"aggregator": {"kind": "entropy"}}, data={**SOLO["data"], "augment": {"seed": 5}})
    written = 0
    write = Table.write

    def stopping(table: Table, *given: Any) -> None:
        nonlocal written
        write(table, *given)
        written += 1
        if written == 7:  # clean rows of val and test of both teachers are there, one of train
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Table, "write", stopping)
    code = run_attempt(
        spec,
        sources=gallery.sources(),
        place=Place(folder=tmp_path / "first", cache=tmp_path / "cache"),
        resume=None,
        threads=1,
    )
    assert code == STOPPED
    said = [line.event for line in read(tmp_path / "first" / "journal.jsonl")]
    assert isinstance(said[-1], Stopped)
    assert not any(isinstance(event, Entered) and event.part == "training" for event in said)
    assert written < 10
    events: list[Event] = list(gallery.start(spec, folder=tmp_path / "second", cache=tmp_path / "cache"))
    assert isinstance(events[-1], Finished)
    assert written < 7 + 2 * 8 + 2, "rows that were there are not computed again"


def test_the_command_line_runs_a_job_to_its_end(gallery: Gallery, tmp_path: Path) -> None:
    place = Place(folder=tmp_path / "run", cache=gallery.base / "cache")
    assert (
        run_attempt(parse(SOLO), sources=gallery.sources(), place=place, resume=None, threads=1) == SUCCEEDED
    )
