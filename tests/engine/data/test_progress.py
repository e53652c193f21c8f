"""Progress is a small file that is always whole."""

import json
from pathlib import Path

import pytest

from mtkd_engine.data import progress as progress_module
from mtkd_engine.data.progress import Progress


def test_without_a_file_nothing_happens() -> None:
    Progress().say("features", done=1, of=2)


def test_little_is_written_often_and_the_end_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    path = tmp_path / "progress.json"
    progress = Progress(path)

    def said() -> object:
        return json.loads(path.read_text())

    progress.say("features", done=1, of=10)
    assert said() == {"part": "features", "done": 1, "of": 10}
    progress.say("features", done=2, of=10)
    assert said() == {"part": "features", "done": 1, "of": 10}
    now[0] += 0.3
    progress.say("features", done=3, of=10)
    assert said() == {"part": "features", "done": 3, "of": 10}
    progress.say("features", done=10, of=10)
    assert said() == {"part": "features", "done": 10, "of": 10}
    progress.say("strips")
    assert said() == {"part": "strips", "done": 0, "of": 0}
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]
